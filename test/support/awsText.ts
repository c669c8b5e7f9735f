import * as model from '../../src/core/awsFile.js'
import * as edit from '../../src/core/awsFileEdit.js'
import type { AwsFileKind } from '../../src/core/awsFileScan.js'

/* The functions of core/awsFile.ts on texts, for tables and properties of one step. */

export function checkAwsFile(text: string, path: string): void {
  model.parseAwsFile(text, 'credentials', path)
}

export function listProfiles(text: string, kind: AwsFileKind): string[] {
  return [...model.parseAwsFile(text, kind).profiles.keys()]
}

export function readProfile(text: string, kind: AwsFileKind, profile: string): model.Profile | undefined {
  return model.readProfile(model.parseAwsFile(text, kind), profile)
}

export function setProfile(text: string, kind: AwsFileKind, profile: string, changes: model.Changes): string {
  return edit.setProfile(model.parseAwsFile(text, kind), profile, changes)
}

export function removeProfile(text: string, kind: AwsFileKind, profile: string, keys: readonly string[]): string {
  return edit.removeProfile(model.parseAwsFile(text, kind), profile, keys)
}
