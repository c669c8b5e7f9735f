/** Far above anything that is asked for; a whole file that was pasted by mistake is refused, not cut. */
const mostCharacters = 4096

/** What a key did to the line: `more` is wanted, or it was `entered`, or the input `ended` (Ctrl-D), or Ctrl-C. */
export type TypedEnd = 'more' | 'entered' | 'ended' | 'interrupted'

/** One line as a person types it on a terminal in raw mode, where the kernel edits nothing. */
export class TypedLine {
  #characters: string[] = []
  #tooLong = false
  #entered = false
  #surplus = false
  /** inside an escape sequence: after ESC, or in the parameters that follow `ESC [` or `ESC O` */
  #escape: 'no' | 'start' | 'parameters' = 'no'

  /** The line so far; `undefined` when it was longer than anything sensible. */
  get text(): string | undefined {
    return this.#tooLong ? undefined : this.#characters.join('')
  }

  /** Whether more than blanks came after the end of the line. It is no part of the text, nor of any later answer. */
  get surplus(): boolean {
    return this.#surplus
  }

  /**
   * Takes what the terminal sent, also what comes after the end of the line.
   *
   * @param piece - decoded text; may begin or end within an escape sequence
   */
  type(piece: string): TypedEnd {
    for (const character of piece) {
      const end = this.#key(character)
      if (end === 'ended' || end === 'interrupted') return end
    }
    return this.#entered ? 'entered' : 'more'
  }

  #key(character: string): TypedEnd {
    if (character === '\x1b') {
      this.#escape = 'start'
      return 'more'
    }
    if (character >= ' ' && this.#escape !== 'no') {
      // Arrow keys, the brackets around a paste (ESC [ 200 ~), Alt and a letter. ECMA-48 §5.4 says where they end.
      const opens = this.#escape === 'start' && /[[O]/.test(character)
      const goesOn = this.#escape === 'parameters' && /[ -?]/.test(character)
      this.#escape = opens || goesOn ? 'parameters' : 'no'
      return 'more'
    }
    this.#escape = 'no'
    if (this.#entered && character !== '\x03') {
      this.#surplus ||= /[^\s\p{Cc}]/u.test(character)
      return 'entered'
    }
    switch (character) {
      case '\r':
      case '\n':
        this.#entered = true
        return 'entered'
      case '\x03':
        return 'interrupted'
      case '\x04':
        return this.#characters.length === 0 ? 'ended' : 'more'
      case '\b':
      case '\x7f':
        this.#characters.pop()
        return 'more'
      case '\x15':
        this.#characters = []
        this.#tooLong = false
        return 'more'
      case '\x17':
        this.#characters = [...this.#characters.join('').replace(/\S*\s*$/, '')]
        return 'more'
    }
    if (character < ' ') return 'more'
    if (this.#characters.length === mostCharacters) this.#tooLong = true
    else this.#characters.push(character)
    return 'more'
  }
}
