// `npm run build`, and what npm runs before it packs.
import { build } from './ready.mjs'

await build()
