/** RFC 3339 in UTC with whole seconds, as awsmfa writes every instant. */
export function formatInstant(instant: Date): string {
  return `${instant.toISOString().slice(0, 19)}Z`
}

/** RFC 3339, also with a blank for the `T`, without colon in the zone, or without zone, which then means UTC. */
export function parseInstant(text: string): Date | undefined {
  const match = /^(\d{4}-\d{2}-\d{2})[T ](\d{2}:\d{2}:\d{2}(?:\.\d+)?)\s*(Z|[+-]\d{2}:?\d{2})?$/i.exec(text.trim())
  if (match === null) return undefined
  const [, day, time, zone = 'Z'] = match
  const instant = new Date(`${day}T${time}${zone.replace(/^([+-]\d{2})(\d{2})$/, '$1:$2').toUpperCase()}`)
  return Number.isNaN(instant.getTime()) ? undefined : instant
}

/** An instant as a person reads it: local time to the minute, with the zone, such as `2026-11-22 19:05 +01:00`. */
export function localTime(instant: Date): string {
  const two = (value: number) => String(value).padStart(2, '0')
  const day = `${instant.getFullYear()}-${two(instant.getMonth() + 1)}-${two(instant.getDate())}`
  const minutesEast = -instant.getTimezoneOffset()
  const zone = `${two(Math.floor(Math.abs(minutesEast) / 60))}:${two(Math.abs(minutesEast) % 60)}`
  return `${day} ${two(instant.getHours())}:${two(instant.getMinutes())} ${minutesEast < 0 ? '-' : '+'}${zone}`
}
