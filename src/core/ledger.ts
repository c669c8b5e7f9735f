import { stepAt, stepStart } from './code.js'
import { isRecord, parseRecord } from './json.js'

/**
 * Which time steps of each device have been sent to AWS already. AWS takes a code once, whether it was right or not, and
 * answers a repeated one as it answers a wrong one; so a step is written down before its code goes out.
 */
export interface Ledger {
  readonly devices: Readonly<Record<string, readonly Sent[]>>
}

interface Sent {
  readonly step: number
  /** when it was sent, in ms since 1970 by the corrected clock */
  readonly atMs: number
}

export const emptyLedger: Ledger = { devices: {} }

/**
 * AWS accepts two steps either side of its own. One either side leaves 30 seconds for a clock that is off and for the
 * time that the request takes. The next step comes before the last one: nobody else can have used it yet.
 */
export const forSending: Offsets = () => [0, 1, -1]

/**
 * For a person, who needs some seconds to type: a step that is about to end gives way to the next, which AWS accepts
 * already, and none is chosen that has ended.
 */
export const forTyping: Offsets = (now) => (leftMs(now) < fewestMsToType ? [1, 0] : [0, 1])

/** For a program that computes the code of this moment, and no other. */
export const forProgram: Offsets = () => [0]

/** The steps that may be taken at a moment, the best first, counted from that moment's own. */
export type Offsets = (now: Date) => readonly number[]

const fewestMsToType = 8_000

/** Nine verifications per device in each 3-minute window of UTC, good and bad alike; then AWS refuses all. */
const budget = 9
const budgetWindowMs = 180_000

/** More than three windows hold; older entries can neither collide nor count. */
const kept = 64

/**
 * @param text - the ledger file's content; `undefined` when there is none
 * @returns an empty ledger when the text is not a ledger: AWS itself still refuses a repeated code
 */
export function parseLedger(text: string | undefined): Ledger {
  const { devices } = parseRecord(text)
  if (!isRecord(devices)) return emptyLedger
  const known = Object.entries(devices).flatMap(([serial, sent]) =>
    Array.isArray(sent) ? [[serial, sent.filter(isEntry)]] : [],
  )
  return { devices: Object.fromEntries(known) }
}

export function formatLedger(ledger: Ledger): string {
  return `${JSON.stringify(ledger)}\n`
}

/** Whether the code of a step has been sent. */
export function isSent({ devices }: Ledger, serialNumber: string, step: number): boolean {
  return devices[serialNumber]?.some((entry) => entry.step === step) === true
}

/** The ledger with one more step written down. */
export function withSent(ledger: Ledger, serialNumber: string, step: number, at: Date): Ledger {
  const before = ledger.devices[serialNumber] ?? []
  const sent = [...before, { step, atMs: at.getTime() }].slice(-kept)
  return { devices: { ...ledger.devices, [serialNumber]: sent } }
}

/** The ledger without the step's last entry: only for a code that surely never reached AWS. */
export function withoutSent(ledger: Ledger, serialNumber: string, step: number): Ledger {
  const before = ledger.devices[serialNumber] ?? []
  const last = before.findLastIndex((entry) => entry.step === step)
  const sent = before.filter((_, index) => index !== last)
  return { devices: { ...ledger.devices, [serialNumber]: sent } }
}

/** The time step to use, and how long to wait before its code may be sent. */
export interface NextStep {
  readonly step: number
  readonly waitMs: number
}

/**
 * Chooses a step that AWS would accept and that was never sent.
 *
 * @param now - the instant by the corrected clock
 * @param offsets - what the code is for
 */
export function nextStep(ledger: Ledger, serialNumber: string, now: Date, offsets = forSending): NextStep {
  const sent = ledger.devices[serialNumber] ?? []
  const used = new Set(sent.map((entry) => entry.step))
  let at = afterBudget(sent, now)
  for (;;) {
    const current = stepAt(at)
    const offset = offsets(at).find((candidate) => !used.has(current + candidate))
    if (offset !== undefined) return { step: current + offset, waitMs: at.getTime() - now.getTime() }
    at = stepStart(current + 1)
  }
}

/** How much is left of the moment's step, in ms. */
function leftMs(now: Date): number {
  return stepStart(stepAt(now) + 1).getTime() - now.getTime()
}

/** `now`, or the start of the next budget window when this one's verifications are used up. */
function afterBudget(sent: readonly Sent[], now: Date): Date {
  const window = Math.floor(now.getTime() / budgetWindowMs)
  const spent = sent.filter((entry) => Math.floor(entry.atMs / budgetWindowMs) === window).length
  return spent < budget ? now : new Date((window + 1) * budgetWindowMs)
}

function isEntry(value: unknown): value is Sent {
  return isRecord(value) && Number.isSafeInteger(value.step) && Number.isFinite(value.atMs)
}
