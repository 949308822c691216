/** Some hours of some days, in a time zone. */
export interface TimeWindow {
  /** Numbers of days, Sunday is 0. Empty means every day. */
  readonly days: readonly number[];
  /** Minutes of the day. `to` before `from` is on the next day. */
  readonly from: number;
  readonly to: number;
  /** IANA name. */
  readonly zone: string;
}

const DAYS = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"];
const MINUTE_MS = 60_000;

/**
 * Makes a window ready. It goes by what clocks on the wall of its zone show, so that it follows daylight saving: an hour
 * that a zone skips is not in it, and one that comes twice is in it twice. A window over midnight belongs to the day on
 * which it begins.
 */
export function createTimeWindow({ days, from, to, zone }: TimeWindow): {
  holdsAt(wallMs: number): boolean;
  readonly words: string;
} {
  const clock = new Intl.DateTimeFormat("en-US", {
    timeZone: zone,
    weekday: "short",
    hour: "2-digit",
    minute: "2-digit",
    hourCycle: "h23",
  });
  const isOn = (day: number): boolean => days.length === 0 || days.includes((day + 7) % 7);
  const compute = (wallMs: number): boolean => {
    let day = 0;
    let minute = 0;
    for (const { type, value } of clock.formatToParts(wallMs)) {
      if (type === "weekday") day = DAYS.indexOf(value);
      else if (type === "hour") minute += Number(value) * 60;
      else if (type === "minute") minute += Number(value);
    }
    if (from < to) return isOn(day) && minute >= from && minute < to;
    return (isOn(day) && minute >= from) || (isOn(day - 1) && minute < to);
  };
  // No zone changes within a minute, and to ask takes microseconds.
  let known = Number.NaN;
  let holds = false;
  return {
    holdsAt(wallMs) {
      const minute = Math.floor(wallMs / MINUTE_MS);
      if (minute !== known) {
        known = minute;
        holds = compute(wallMs);
      }
      return holds;
    },
    words: `${days.length === 0 ? "every day" : days.map((day) => DAYS[day]).join(", ")} ${timeOf(from)}-${timeOf(to)} ${zone}`,
  };
}

function timeOf(minute: number): string {
  return `${String(Math.floor(minute / 60)).padStart(2, "0")}:${String(minute % 60).padStart(2, "0")}`;
}
