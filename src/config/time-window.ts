import type { TimeWindowConfig } from "../gen/parlance/config/v1/config_pb.js";

/** Days as they are written, Sunday first. */
export const DAYS = ["sun", "mon", "tue", "wed", "thu", "fri", "sat"] as const;

const TIME = /^([01]\d|2[0-3]):([0-5]\d)$/;
const WHOLE_DAY = 24 * 60;

/** Minutes of the day of a time such as `09:30`, up to `24:00`; undefined when it is none. */
export function parseTimeOfDay(text: string): number | undefined {
  if (text === "24:00") return WHOLE_DAY;
  const [, hours, minutes] = TIME.exec(text) ?? [];
  return hours === undefined ? undefined : Number(hours) * 60 + Number(minutes);
}

/** Whether a time zone is known by that name. */
export function isTimeZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat("en-US", { timeZone: name });
    return true;
  } catch {
    return false;
  }
}

/** A window with its defaults, days as numbers from Sunday and times as minutes; one that the check has passed. */
export function timeWindowOf({ days, from, to, zone }: TimeWindowConfig) {
  return {
    days: days.map((day) => DAYS.findIndex((known) => known === day)),
    from: (from === undefined ? undefined : parseTimeOfDay(from)) ?? 0,
    to: (to === undefined ? undefined : parseTimeOfDay(to)) ?? WHOLE_DAY,
    zone: zone ?? "UTC",
  };
}
