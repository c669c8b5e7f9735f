// A thread of its own for decoding, which is one long computation: awsmfa stays interruptible, and gives up in time.
import { parentPort, workerData } from 'node:worker_threads'
import { readPicture } from '../core/picture.js'
import type { PictureHeader } from '../core/pictureHeader.js'
import { qrTexts } from '../core/qrTexts.js'

const { bytes, format } = workerData as { bytes: Uint8Array; format: PictureHeader['format'] }
parentPort?.postMessage(qrTexts(readPicture(bytes, format)))
