import { randomUUID } from 'node:crypto'

/** An answer in the AWS Query protocol's XML. */
export interface QueryAnswer {
  readonly status: number
  readonly body: string
}

/** AWS says no: the code and message of its `ErrorResponse`. */
export class AwsRefusal extends Error {
  readonly status: number
  readonly code: string

  constructor(status: number, code: string, message: string) {
    super(message)
    this.status = status
    this.code = code
  }
}

/** Nested fields of a result; `undefined` fields are left out, a list becomes `member` elements. */
export type Fields = { readonly [name: string]: string | undefined | Fields | readonly Fields[] }

const namespaces: Record<string, string> = {
  sts: 'https://sts.amazonaws.com/doc/2011-06-15/',
  iam: 'https://iam.amazonaws.com/doc/2010-05-08/',
}

export function resultXml(service: string, action: string, fields: Fields): QueryAnswer {
  const body =
    `<${action}Response xmlns="${namespaces[service] ?? ''}">\n  <${action}Result>${xml(fields)}</${action}Result>\n` +
    `  <ResponseMetadata><RequestId>${randomUUID()}</RequestId></ResponseMetadata>\n</${action}Response>\n`
  return { status: 200, body }
}

export function errorXml(service: string, refusal: AwsRefusal): QueryAnswer {
  const type = refusal.status >= 500 ? 'Receiver' : 'Sender'
  const error = { Type: type, Code: refusal.code, Message: refusal.message }
  const body =
    `<ErrorResponse xmlns="${namespaces[service] ?? ''}">\n  <Error>${xml(error)}</Error>\n` +
    `  <RequestId>${randomUUID()}</RequestId>\n</ErrorResponse>\n`
  return { status: refusal.status, body }
}

function xml(fields: Fields): string {
  return Object.entries(fields)
    .map(([name, value]) => {
      if (value === undefined) return ''
      return `<${name}>${inner(value)}</${name}>`
    })
    .join('')
}

function inner(value: string | Fields | readonly Fields[]): string {
  if (typeof value === 'string') return escapeXml(value)
  if (isList(value)) return value.map((member) => `<member>${xml(member)}</member>`).join('')
  return xml(value)
}

/** Array.isArray does not narrow readonly arrays (https://github.com/microsoft/TypeScript/issues/17002). */
function isList(value: Fields | readonly Fields[]): value is readonly Fields[] {
  return Array.isArray(value)
}

function escapeXml(text: string): string {
  return text.replace(/[&<>"\r\n]/g, (character) => `&#${character.charCodeAt(0)};`)
}
