/** What opens an encrypted seed file: an age identity, or a passphrase that stands in a file or that a command prints. */
export type SeedKey =
  | { readonly kind: 'identity'; readonly path: string }
  | { readonly kind: 'passphrase-file'; readonly path: string }
  | { readonly kind: 'passphrase-command'; readonly command: string }
