/** An instant as a person reads it: local time to the minute, with the zone, such as `2026-11-22 19:05 +01:00`. */
export function localTime(instant: Date): string {
  const two = (value: number) => String(value).padStart(2, '0')
  const day = `${instant.getFullYear()}-${two(instant.getMonth() + 1)}-${two(instant.getDate())}`
  const minutesEast = -instant.getTimezoneOffset()
  const zone = `${two(Math.floor(Math.abs(minutesEast) / 60))}:${two(Math.abs(minutesEast) % 60)}`
  return `${day} ${two(instant.getHours())}:${two(instant.getMinutes())} ${minutesEast < 0 ? '-' : '+'}${zone}`
}
