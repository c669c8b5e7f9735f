import { type Outlined, optionsOf, outline, outlined } from './awsFileOutline.js'
import { type AwsFileKind, decode, type Parts, readValue, takeApart } from './awsFileScan.js'
import { profileOf } from './awsHeader.js'

/*
 * Reads `~/.aws/credentials` and `~/.aws/config` as text: latin1, one character a byte. Editing is in awsFileEdit.ts.
 */

/** A profile's own top-level keys, lower case, with the values that botocore sees. A nested block begins with `\n`. */
export type Profile = Readonly<Record<string, string>>

/** Keys to set, lower case; `undefined` removes a key together with the lines that continue it. */
export type Changes = Readonly<Record<string, string | undefined>>

/** A file as it was at one moment, read once: every question is a look-up in it, every edit is made on it. */
export interface AwsFile {
  /** latin1, one character a byte */
  readonly text: string
  readonly kind: AwsFileKind
  readonly sections: readonly Outlined[]
  /** the sections of each profile, in the file's order; more than one is possible, see {@link setProfiles} */
  readonly profiles: ReadonlyMap<string, readonly Outlined[]>
  /** all lines, which only edits need */
  readonly parts: Parts
}

/**
 * Reads a file, and so makes sure that the AWS CLI can read it.
 *
 * @param text - the file as latin1; `''` for a file that does not exist
 * @param where - the file's path, for messages
 * @throws Failure `act` that names the path, the line and the rule; never what the line holds
 */
export function parseAwsFile(text: string, kind: AwsFileKind, where = `the AWS ${kind} file`): AwsFile {
  const decoded = decode(text, where)
  let parts: Parts | undefined
  const wholeParts = () => {
    parts ??= takeApart(decoded, where)
    return parts
  }
  const sections = outline(decoded) ?? wholeParts().sections.map(outlined)
  return {
    text,
    kind,
    sections,
    profiles: byProfile(kind, sections),
    get parts() {
      return wholeParts()
    },
  }
}

/** The sections of each profile. */
export function byProfile<Part extends { readonly name: string }>(
  kind: AwsFileKind,
  sections: readonly Part[],
): Map<string, Part[]> {
  const profiles = new Map<string, Part[]>()
  for (const section of sections) {
    const profile = profileOf(kind, section.name)
    const known = profile === undefined ? undefined : profiles.get(profile)
    if (known !== undefined) known.push(section)
    else if (profile !== undefined) profiles.set(profile, [section])
  }
  return profiles
}

/** What botocore reads for a profile in this file, or `undefined` when the file has no such profile. */
export function readProfile(file: AwsFile, profile: string): Profile | undefined {
  // Of `[default]` and `[profile default]` botocore takes the later one.
  const section = file.profiles.get(profile)?.at(-1)
  return section && Object.fromEntries(optionsOf(section).map((option) => [option.key, readValue(option)]))
}
