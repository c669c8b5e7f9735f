import type { AwsFileKind } from './awsFileScan.js'
import { formatRecord, isRecord, parseRecord } from './json.js'
import { type KeyLine, parseKeyLines } from './keyLines.js'
import { parseInstant } from './time.js'

/*
 * What awsmfa knows of the long-term keys of each source profile. Key ids, no secrets.
 */

export interface KeyNote {
  /** where the key's lines were before it was moved */
  readonly moved?: MovedFrom
  readonly rotation?: Rotation
  /** as IAM has told it last */
  readonly made?: { readonly accessKeyId: string; readonly at: string }
}

export interface MovedFrom {
  readonly file: AwsFileKind
  readonly lines: readonly KeyLine[]
  /** whether the profile had no section in the config file before */
  readonly madeSection: boolean
}

/** The exchange of one key for another, written down before each step; an undone one goes the other way. */
export interface Rotation {
  readonly userName: string
  readonly oldKeyId: string
  /** absent while it is not known whether there is one */
  readonly newKeyId?: string
  /**
   * What may have been done at most: `creating`, the new key is at AWS; `created`, it lies beside the old one, and may have
   * taken its place; `switched`, it has, and the old one may be inactive; `inactive`, the old one is, and may be deleted
   */
  readonly phase: 'creating' | 'created' | 'switched' | 'inactive'
  /** when it began, at AWS's clock, RFC 3339 */
  readonly at: string
  /** how long the old key is kept once it is inactive */
  readonly keepOldSeconds: number
  /** from when on the old key is to be deleted, RFC 3339 */
  readonly deleteAt?: string
  readonly undo?: true
}

export type KeyNotes = Readonly<Record<string, KeyNote>>

/** @returns only what can be understood */
export function parseKeyNotes(text: string | undefined): KeyNotes {
  const entries = Object.entries(parseRecord(text))
  return Object.fromEntries(entries.flatMap(([name, note]) => (isRecord(note) ? [[name, parseNote(note)]] : [])))
}

/** A profile of which nothing is known any more is left out. */
export function formatKeyNotes(notes: KeyNotes): string {
  return formatRecord(Object.fromEntries(Object.entries(notes).filter(([, note]) => Object.keys(note).length > 0)))
}

function parseNote({ moved, rotation, made }: Readonly<Record<string, unknown>>): KeyNote {
  const from = isRecord(moved) ? parseMoved(moved) : undefined
  return {
    ...(from === undefined ? {} : { moved: from }),
    ...(isRotation(rotation) ? { rotation } : {}),
    ...(isMade(made) ? { made } : {}),
  }
}

function parseMoved({ file, lines, madeSection }: Readonly<Record<string, unknown>>): MovedFrom | undefined {
  const parsed = parseKeyLines(lines)
  if ((file !== 'credentials' && file !== 'config') || parsed === undefined) return undefined
  return { file, lines: parsed, madeSection: madeSection === true }
}

const phases: readonly unknown[] = ['creating', 'created', 'switched', 'inactive']

function isRotation(value: unknown): value is Rotation {
  if (!isRecord(value)) return false
  const { userName, oldKeyId, newKeyId, phase, at, keepOldSeconds, deleteAt } = value
  const needsNew = phase !== 'creating'
  return (
    typeof userName === 'string' &&
    typeof oldKeyId === 'string' &&
    (needsNew ? typeof newKeyId === 'string' : newKeyId === undefined) &&
    phases.includes(phase) &&
    isInstant(at) &&
    typeof keepOldSeconds === 'number' &&
    (phase !== 'inactive' || isInstant(deleteAt))
  )
}

function isMade(value: unknown): value is { accessKeyId: string; at: string } {
  return isRecord(value) && typeof value.accessKeyId === 'string' && isInstant(value.at)
}

function isInstant(value: unknown): boolean {
  return typeof value === 'string' && parseInstant(value) !== undefined
}
