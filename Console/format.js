const units = ["bytes", "kB", "MB", "GB", "TB"];

/**
 * `1.4 MB`; powers of 1000, as file managers count.
 * @param {number} count
 */
export function bytes(count) {
  let unit = 0;
  let value = count;
  while (value >= 999.5 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  if (unit === 0) return count === 1 ? "1 byte" : `${count} bytes`;
  return `${value < 9.95 ? value.toFixed(1) : Math.round(value)} ${units[unit]}`;
}

const wholeNumbers = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });

/**
 * `12,345`
 * @param {number} value
 */
export function integer(value) {
  return wholeNumbers.format(value);
}

/**
 * `1 picture`, `2 pictures`
 * @param {number} number
 * @param {string} singular
 * @param {string} [plural]
 */
export function count(number, singular, plural = `${singular}s`) {
  return `${integer(number)} ${number === 1 ? singular : plural}`;
}

/**
 * `0.8 s`, `12 s`, `3 min 5 s`, `2 h 10 min`, `3 d 4 h`
 * @param {number} seconds
 */
export function duration(seconds) {
  if (!(seconds >= 0)) return "-";
  if (seconds < 9.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return pair(Math.floor(whole / 60), "min", whole % 60, "s");
  const minutes = Math.round(whole / 60);
  if (minutes < 1440) return pair(Math.floor(minutes / 60), "h", minutes % 60, "min");
  const hours = Math.round(whole / 3600);
  return pair(Math.floor(hours / 24), "d", hours % 24, "h");
}

/** @param {number} large @param {string} largeUnit @param {number} small @param {string} smallUnit */
function pair(large, largeUnit, small, smallUnit) {
  return small === 0 ? `${large} ${largeUnit}` : `${large} ${largeUnit} ${small} ${smallUnit}`;
}

/**
 * `just now`, `5 minutes ago`, `in 2 minutes`, `yesterday`; a date when it is long ago.
 * @param {Date} time
 * @param {Date} [now]
 */
export function relativeTime(time, now = new Date()) {
  const seconds = (time.getTime() - now.getTime()) / 1000;
  const size = Math.abs(seconds);
  if (size < 10) return "just now";
  if (size < 60) return relative.format(Math.round(seconds), "second");
  if (size < 3600) return relative.format(Math.round(seconds / 60), "minute");
  if (size < 86400) return relative.format(Math.round(seconds / 3600), "hour");
  if (size < 7 * 86400) return relative.format(Math.round(seconds / 86400), "day");
  return time.toLocaleDateString("en", { year: "numeric", month: "short", day: "numeric" });
}

const relative = new Intl.RelativeTimeFormat("en", { numeric: "auto" });

/**
 * Date and time of day, for `title` and tables.
 * @param {Date} time
 */
export function fullTime(time) {
  return time.toLocaleString("en", { dateStyle: "medium", timeStyle: "medium" });
}

/**
 * `0.83`
 * @param {number} value
 */
export function confidence(value) {
  return value.toFixed(2);
}

/**
 * `83 %`
 * @param {number} fraction
 */
export function percent(fraction) {
  return `${Math.round(fraction * 100)} %`;
}

/**
 * A class name as people read it: `small_vehicle` is "small vehicle".
 * @param {string} name
 */
export function className(name) {
  return name.replaceAll("_", " ");
}

/**
 * The end of an id, enough to tell jobs apart.
 * @param {string} id
 */
export function shortID(id) {
  return id.slice(-8);
}
