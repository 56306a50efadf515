/** A key of the keyboard: one that has a name, or a character. */
export type Key =
  | { readonly kind: 'named'; readonly name: KeyName }
  | { readonly kind: 'character'; readonly text: string }
  /** Text that was pasted: it goes into a line that is being typed, and nowhere else. */
  | { readonly kind: 'paste'; readonly text: string };

export type KeyName =
  | 'up'
  | 'down'
  | 'left'
  | 'right'
  | 'page up'
  | 'page down'
  | 'home'
  | 'end'
  | 'enter'
  | 'escape'
  | 'tab'
  | 'backspace'
  | 'delete'
  | 'ctrl-c'
  | 'ctrl-l'
  | 'ctrl-u';
