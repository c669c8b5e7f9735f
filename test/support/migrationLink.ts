/** What one account of an export holds; the numbers are the ones of Google Authenticator's protocol buffer. */
export interface ExportedAccount {
  readonly secret: Buffer
  readonly name: string
  readonly issuer?: string
  /** 1 is SHA-1, 2 SHA-256 */
  readonly algorithm?: number
  /** 1 is six, 2 is eight */
  readonly digits?: number
  /** 1 is HOTP, 2 is TOTP */
  readonly type?: number
}

/** The bytes of `JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP`. */
export const aliceSecret = Buffer.from('48656c6c6f21deadbeef48656c6c6f21deadbeef', 'hex')

/** An export as Google Authenticator shows it, written independently of what reads it. */
export function migrationLink(accounts: readonly ExportedAccount[], parts = 1): string {
  const payload = [
    ...accounts.map(({ secret, name, issuer = '', algorithm = 1, digits = 1, type = 2 }) =>
      bytesField(
        1,
        Buffer.concat([
          bytesField(1, secret),
          bytesField(2, Buffer.from(name)),
          bytesField(3, Buffer.from(issuer)),
          numberField(4, algorithm),
          numberField(5, digits),
          numberField(6, type),
        ]),
      ),
    ),
    numberField(2, 1),
    numberField(3, parts),
    numberField(4, 0),
    // A batch id is a 32-bit number and often negative: ten bytes then.
    Buffer.from([0x28, 0x92, 0xf4, 0xa1, 0xc3, 0xfa, 0xff, 0xff, 0xff, 0xff, 0x01]),
  ]
  const data = encodeURIComponent(Buffer.concat(payload).toString('base64'))
  return `otpauth-migration://offline?data=${data}`
}

function bytesField(field: number, bytes: Buffer): Buffer {
  return Buffer.concat([Buffer.from([field * 8 + 2]), varint(bytes.length), bytes])
}

function numberField(field: number, value: number): Buffer {
  return Buffer.concat([Buffer.from([field * 8]), varint(value)])
}

function varint(value: number): Buffer {
  return value < 128 ? Buffer.from([value]) : Buffer.from([(value % 128) + 128, Math.floor(value / 128)])
}
