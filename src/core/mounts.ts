export interface Mount {
  readonly point: string
  /** such as `ext4`; the drives of Windows in WSL are `drvfs`, whatever carries them */
  readonly type: string
  readonly readOnly: boolean
  /** whether files there can be closed to others, as far as the type tells */
  readonly modes: boolean
}

const modeless = /^(drvfs|vfat|msdos|exfat|ntfs|cifs|smb\w*|vboxsf|vmhgfs|prl_fs|fuse.*)$/

/** The mounts in the text of `/proc/self/mountinfo`, proc_pid_mountinfo(5). */
export function parseMounts(text: string): Mount[] {
  return text.split('\n').flatMap((line) => {
    const [before = '', after = ''] = line.split(' - ')
    const [point, options = ''] = before.split(' ').slice(4)
    const [kind = '', , more = ''] = after.split(' ')
    if (point === undefined) return []
    const type = kind === '9p' && more.includes('aname=drvfs') ? 'drvfs' : kind
    const metadata = type === 'drvfs' && /[;,]metadata\b/.test(line)
    return [
      {
        // Blanks and such are written in octal.
        point: point.replace(/\\(\d{3})/g, (_, code) => String.fromCharCode(Number.parseInt(code, 8))),
        type,
        readOnly: isReadOnly(options) || isReadOnly(more),
        modes: metadata || !modeless.test(type),
      },
    ]
  })
}

function isReadOnly(options: string): boolean {
  return options.split(',').includes('ro')
}

/** The mount that a path without symbolic links lies on: of those around it the innermost, and of its like the latest. */
export function mountOf(path: string, mounts: readonly Mount[]): Mount | undefined {
  return mounts
    .filter(({ point }) => point === '/' || path === point || path.startsWith(`${point}/`))
    .reduce<Mount | undefined>(
      (best, mount) => (best && best.point.length > mount.point.length ? best : mount),
      undefined,
    )
}

/** What to do about files on a mount where chmod has no effect. */
export function closeMount({ point, type }: Pick<Mount, 'point' | 'type'>): string {
  const how =
    type === 'drvfs'
      ? 'in /etc/wsl.conf: [automount] options = "metadata,umask=077", then wsl --shutdown'
      : /^(cifs|smb)/.test(type)
        ? 'mount it with file_mode=0600,dir_mode=0700'
        : /^(vfat|msdos|exfat|ntfs|fuseblk)/.test(type)
          ? 'mount it with umask=077'
          : 'keep the AWS files on a disk that does'
  return `the mount ${point} (${type}) knows no permissions; ${how}`
}
