// A thread of its own for decoding, which is one long computation: awsmfa stays interruptible, and gives up in time.
import { parentPort, workerData } from 'node:worker_threads'
import { qrTexts, readPicture } from '../core/qr.js'

parentPort?.postMessage(qrTexts(readPicture(workerData as Uint8Array)))
