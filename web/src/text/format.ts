/** Numbers and times as people read them. All pure; `language` is a BCP 47 tag. */

const NONE = "–";

const formats = new Map<string, Intl.NumberFormat>();

function decimal(value: number, digits: number, language = "en"): string {
  const key = `${language}/${digits}`;
  let format = formats.get(key);
  if (!format) {
    format = new Intl.NumberFormat(language, {
      minimumFractionDigits: digits,
      maximumFractionDigits: digits,
    });
    formats.set(key, format);
  }
  return format.format(value);
}

/** 4180223 -> "4,180,223". */
export function count(value: number | null | undefined, language = "en"): string {
  return value == null ? NONE : decimal(value, 0, language);
}

const UNITS = ["B", "kB", "MB", "GB", "TB"];

/** Bytes with decimal prefixes, as model hubs count them: 16106127360 -> "16.1 GB". */
export function bytes(value: number | null | undefined): string {
  if (value == null) return NONE;
  let rest = value;
  let unit = 0;
  while (rest >= 999.5 && unit < UNITS.length - 1) {
    rest /= 1000;
    unit += 1;
  }
  return `${decimal(rest, unit > 1 && rest < 99.95 ? 1 : 0)} ${UNITS[unit]}`;
}

/** "0.21 s", "6.8 s", "42 s", "3 min 5 s", "2 h 4 min". */
export function seconds(value: number | null | undefined): string {
  if (value == null) return NONE;
  if (value < 0.9995) return `${decimal(value, 2)} s`;
  if (value < 9.95) return `${decimal(value, 1)} s`;
  if (value < 59.5) return `${Math.round(value)} s`;
  const whole = Math.round(value);
  if (whole < 3600) return joined(Math.floor(whole / 60), "min", whole % 60, "s");
  if (whole < 86_400) return joined(Math.floor(whole / 3600), "h", Math.floor((whole % 3600) / 60), "min");
  return joined(Math.floor(whole / 86_400), "d", Math.floor((whole % 86_400) / 3600), "h");
}

function joined(large: number, largeUnit: string, small: number, smallUnit: string): string {
  return small ? `${large} ${largeUnit} ${small} ${smallUnit}` : `${large} ${largeUnit}`;
}

/** A share of 1: 0.968 -> "97 %". */
export function percent(value: number | null | undefined, digits = 0): string {
  return value == null || !Number.isFinite(value) ? NONE : `${decimal(value * 100, digits)} %`;
}

/** Tokens of a context: 5900 -> "5.9k", 32768 -> "32k", 262144 -> "256k". Whole multiples of 1024 are counted in those. */
export function tokens(value: number | null | undefined): string {
  if (value == null) return NONE;
  if (value < 1000) return String(value);
  if (value % 1024 === 0)
    return value < 1024 ** 2
      ? `${value / 1024}k`
      : `${decimal(value / 1024 ** 2, value % 1024 ** 2 ? 1 : 0)}M`;
  if (value < 99_950) return `${decimal(value / 1000, 1).replace(/\.0$/, "")}k`;
  return value < 999_500 ? `${Math.round(value / 1000)}k` : `${decimal(value / 1e6, 1).replace(/\.0$/, "")}M`;
}

/** Tokens per second: "41.8", "0.73", "1,204". */
export function rate(value: number | null | undefined): string {
  if (value == null) return NONE;
  return decimal(value, value < 9.995 ? 2 : value < 999.5 ? 1 : 0);
}

/** The share of the prompt that the cache knew, or null when either is unknown or nothing was read. */
export function share(cached: number | null | undefined, input: number | null | undefined): number | null {
  return cached == null || !input ? null : cached / input;
}

const STEPS: [limit: number, length: number, unit: Intl.RelativeTimeFormatUnit][] = [
  [60, 1, "second"],
  [3600, 60, "minute"],
  [86_400, 3600, "hour"],
  [86_400 * 30, 86_400, "day"],
  [86_400 * 365, 86_400 * 30, "month"],
];

/** "now", "2 min. ago", "yesterday", "in 90 days"; `at` and `now` are Unix seconds. */
export function relative(at: number | null | undefined, now: number, language = "en"): string {
  if (at == null) return NONE;
  const apart = at - now;
  const format = new Intl.RelativeTimeFormat(language, { numeric: "auto", style: "short" });
  if (Math.abs(apart) < 10) return format.format(0, "second");
  for (const [limit, length, unit] of STEPS) {
    if (Math.abs(apart) < limit) return format.format(Math.round(apart / length), unit);
  }
  return format.format(Math.round(apart / (86_400 * 365)), "year");
}

/** Date and time to the second, for tooltips. */
export function exact(at: number | null | undefined, language = "en"): string {
  if (at == null) return NONE;
  return new Date(at * 1000).toLocaleString(language, { dateStyle: "medium", timeStyle: "medium" });
}

/** "23:41:08", local time. */
export function clock(at: number): string {
  return new Date(at * 1000).toLocaleTimeString("en-GB");
}
