import { existsSync } from 'node:fs'
import { basename, join } from 'node:path'
import { Failure } from '../errors.js'
import type { SeedFile } from '../outside/seedStores.js'
import { crypto } from './crypto.js'
import { dataFolder, typedPath } from './homeFolder.js'

/** Where seed files are: what is known without opening one. */
export type SeedPlaces = Pick<SeedFile, 'defaultPath' | 'absolute' | 'absence'>

/** In the place of the platform for the data of programs. */
export function seedFolder(env?: Readonly<Record<string, string | undefined>>): string {
  return join(dataFolder(env), 'seeds')
}

/** @param folder - from {@link seedFolder} */
export function makeSeedPlaces(folder: string): SeedPlaces {
  return {
    defaultPath: (serialNumber) => join(folder, fileName(serialNumber)),
    absolute: typedPath,

    absence(path) {
      const elsewhere = [folder, seedFolder({})].map((each) => join(each, basename(path)))
      const found = elsewhere.find((each) => each !== path && existsSync(each))
      return new Failure(
        'act',
        `there is no seed file ${path}`,
        found === undefined
          ? `it was removed, or its disk is not mounted; XDG_DATA_HOME decides where one is made, here in ${folder}`
          : `there is ${found}, made with another XDG_DATA_HOME: if that is it, move it to ${path}`,
      )
    },
  }
}

/** Readable for a person who looks into the folder; the hash tells apart what the readable part does not. */
function fileName(serialNumber: string): string {
  const hash = crypto().createHash('sha256').update(serialNumber).digest('hex').slice(0, 12)
  return `${serialNumber.replace(/[^A-Za-z0-9]+/g, '-').slice(0, 80)}-${hash}.age`
}
