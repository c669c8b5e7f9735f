/** What the file system says; passed in, so that the layouts of other machines can be tested. */
export interface PathFacts {
  readonly home: string
  readonly user: string
  /** the names by which the program is found now: as it was called, and in the folders of the PATH */
  readonly names: readonly string[]
  /** where a path leads behind all symbolic links, `undefined` when there is nothing */
  realPath(path: string): string | undefined
}

export interface StablePath {
  readonly path: string
  /**
   * `versioned`: gone when that version of something is removed; `cache`: gone when a tool such as npx tidies up;
   * `stable`: otherwise
   */
  readonly kind: 'stable' | 'versioned' | 'cache'
}

/**
 * The path of a program that will still lead to it next month, for jobs and start-up files.
 *
 * Package managers keep each version in a folder of its own and remove it on upgrade, but hold a link to the current one:
 * the link is taken where it leads to the same file now. Links that live as long as a shell (fnm's `fnm_multishells`) are
 * followed to their end. Version managers (nvm, fnm, volta, asdf, mise) keep old versions until told otherwise, and have a
 * program installed in one of them only: there the versioned path is the right one.
 *
 * @param path - absolute, as the running program knows it
 */
export function stablePath(path: string, facts: PathFacts): StablePath {
  const real = facts.realPath(path) ?? path
  // the archives are those of Yarn's Plug'n'Play, which only a Node that yarn has started can look into
  if (/[\\/](_npx|dlx(-[^\\/]*)?|xfs-[^\\/]*|bunx-[^\\/]*|[^\\/]+\.zip)[\\/]/.test(real))
    return { path: real, kind: 'cache' }
  const isStable = !hasVersion(real)
  const names = isStable ? [] : facts.names.filter((name) => !hasVersion(name) && !isPassing(name))
  const link = [...currentLinks(real, facts), ...names].find((candidate) => facts.realPath(candidate) === real)
  if (link !== undefined) return { path: link, kind: 'stable' }
  return { path: real, kind: isStable ? 'stable' : 'versioned' }
}

/** Where each package manager keeps its link to what is installed now, best first, where that need not be on the PATH. */
function currentLinks(real: string, { home, user }: PathFacts): string[] {
  const rules: readonly (readonly [RegExp, ...string[]])[] = [
    // Homebrew: the link in `opt` is there for formulae that are not linked into `bin`, such as node@22, too
    [/^(.*)\/Cellar\/([^/]+)\/[^/]+\/(.*)$/, '$1/opt/$2/$3'],
    [
      /^\/nix\/store\/[^/]+\/(.*)$/,
      ...[`${home}/.nix-profile`, `/etc/profiles/per-user/${user}`].map(
        (profile) => `${profile.replace(/\$/g, '$$$$')}/$1`,
      ),
      '/run/current-system/sw/$1',
      '/nix/var/nix/profiles/default/$1',
    ],
    [/^\/snap\/([^/]+)\/[^/]+\/(.*)$/, '/snap/$1/current/$2'],
    // pnpm up to 10; pnpm 11 calls the program by its link, whose name cannot be told from the store's
    [/^(.*)\/\.pnpm\/[^/]+\/node_modules\/(.*)$/, '$1/node_modules/$2'],
    [/^(.*\\scoop\\apps\\[^\\]+)\\[^\\]+\\(.*)$/i, '$1\\current\\$2'],
    // mise moves the link of `npm:` tools, which stand alone; node's own folder holds packages that do not move along
    [/^(.*\/mise\/installs\/npm-[^/]+)\/[^/]+\/(.*)$/, '$1/latest/$2'],
  ]
  return rules.flatMap(([pattern, ...links]) =>
    pattern.test(real) ? links.map((link) => real.replace(pattern, link)) : [],
  )
}

/** A folder that is named after a version, such as `v22.1.0`, `awsmfa@0.1.0`, or after a hash in Nix's store. */
function hasVersion(path: string): boolean {
  return /[\\/]([^\\/]*[@-])?v?\d+\.\d+\.\d+[^\\/]*[\\/]|^\/nix\/store\/|[\\/]\.pnpm[\\/]/.test(path)
}

/** Gone with the shell, the login, or the next start of the machine. */
function isPassing(path: string): boolean {
  return /[\\/]fnm_multishells[\\/]|^(\/private)?\/(tmp|run\/user|var\/folders|dev\/shm)\//.test(path)
}
