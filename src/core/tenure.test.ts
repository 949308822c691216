import fc from "fast-check";
import { expect, it } from "vitest";
import { createTenure } from "./tenure.js";

it("a tenure is over once, when it was ended and nothing runs, in whatever order these come", () => {
  fc.assert(
    fc.property(fc.array(fc.boolean(), { maxLength: 20 }), fc.nat({ max: 20 }), (steps, endAt) => {
      const tenure = createTenure();
      let running = 0;
      let over = 0;
      let ended = false;
      const settle = (): void => {
        running -= 1;
        tenure.leave();
      };
      const expectation = (): void => expect(over).toBe(ended && running === 0 ? 1 : 0);
      for (const [index, begins] of steps.entries()) {
        if (index === endAt) {
          ended = true;
          tenure.end(() => {
            over += 1;
          });
        } else if (begins && !ended) {
          running += 1;
          tenure.begin();
        } else if (running > 0) settle();
        expectation();
      }
      while (running > 0) settle();
      expectation();
    }),
  );
});
