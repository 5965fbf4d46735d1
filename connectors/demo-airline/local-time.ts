const formats = new Map<string, Intl.DateTimeFormat>();

function formatOf(zone: string): Intl.DateTimeFormat {
  let format = formats.get(zone);
  if (!format) {
    format = new Intl.DateTimeFormat('en-US', { timeZone: zone, timeZoneName: 'longOffset' });
    formats.set(zone, format);
  }
  return format;
}

/** Minutes the zone's clocks are ahead of UTC at a moment (ms since the epoch). */
export function offsetMinutes(zone: string, time: number): number {
  const name =
    formatOf(zone)
      .formatToParts(time)
      .find(({ type }) => type === 'timeZoneName')?.value ?? '';
  const [, sign, hours, minutes] = /^GMT(?:([+-])(\d{2}):(\d{2}))?$/.exec(name) ?? [];
  return sign ? (sign === '-' ? -1 : 1) * (Number(hours) * 60 + Number(minutes)) : 0;
}

/** The moment (ms, UTC) at which the zone's clocks show the date (YYYY-MM-DD) and the minute of the day. */
export function momentOf(zone: string, date: string, minuteOfDay: number): number {
  const asUtc = Date.parse(date) + minuteOfDay * 60_000;
  const near = asUtc - offsetMinutes(zone, asUtc) * 60_000;
  return asUtc - offsetMinutes(zone, near) * 60_000;
}

/** RFC 3339 with the zone's offset, to the second. */
export function localIso(zone: string, time: number): string {
  const offset = offsetMinutes(zone, time);
  const clock = new Date(time + offset * 60_000).toISOString().slice(0, 19);
  const [hours, minutes] = [Math.trunc(Math.abs(offset) / 60), Math.abs(offset) % 60].map((part) =>
    String(part).padStart(2, '0'),
  );
  return `${clock}${offset < 0 ? '-' : '+'}${hours}:${minutes}`;
}
