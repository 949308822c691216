import fc from "fast-check";
import { expect, it } from "vitest";
import { Bag } from "./bag.js";

it("holds what was added and not removed, in any order of both", () => {
  fc.assert(
    fc.property(fc.array(fc.tuple(fc.boolean(), fc.nat(9))), (steps) => {
      const things = Array.from({ length: 10 }, (_, name) => ({ name, place: -1 }));
      const bag = new Bag<(typeof things)[number]>();
      const model = new Set<number>();
      for (const [adds, name] of steps) {
        const thing = things[name] as (typeof things)[number];
        if (adds && !model.has(name)) {
          bag.add(thing);
          model.add(name);
        } else if (!adds) {
          expect(bag.remove(thing)).toBe(model.delete(name));
          expect(thing.place).toBe(-1);
        }
        expect(bag.size).toBe(model.size);
        expect(new Set(bag.all().map((member) => member.name))).toEqual(model);
        expect(bag.some((member) => member.name === name)).toBe(model.has(name));
      }
    }),
  );
});
