import { PassThrough } from 'node:stream';
import { width } from '../views/cells.ts';

/** A terminal in memory: what is written to `stdout` is drawn as a terminal draws it, `stdin` brings what is pressed. */
export class ScreenTerminal {
  readonly stdin: NodeJS.ReadStream;
  readonly stdout: NodeJS.WriteStream;
  /** Modes that are on: 1049 is the alternate screen, 2004 bracketed paste, 25 the cursor. */
  readonly modes = new Set<string>(['25']);
  isRaw = false;
  bells = 0;
  #cells: string[][];
  #row = 0;
  #column = 0;
  #columns: number;
  #rows: number;

  constructor(columns: number, rows: number, isTTY = true) {
    this.#columns = columns;
    this.#rows = rows;
    this.#cells = this.#blank();
    const output = new PassThrough();
    output.on('data', (bytes: Buffer) => this.#write(bytes.toString('utf8')));
    this.stdout = Object.assign(output, { isTTY, columns, rows }) as unknown as NodeJS.WriteStream;
    const input = new PassThrough();
    const setRawMode = (isRaw: boolean): void => {
      this.isRaw = isRaw;
    };
    this.stdin = Object.assign(input, {
      isTTY,
      setRawMode,
      ref: () => input,
      unref: () => input,
    }) as unknown as NodeJS.ReadStream;
  }

  /** What is to be read, row by row, without spaces at the ends. */
  get rows(): readonly string[] {
    return this.#cells.map((row) => row.join('').trimEnd());
  }

  get text(): string {
    return this.rows.join('\n');
  }

  press(keys: string): void {
    (this.stdin as unknown as PassThrough).write(keys);
  }

  resize(columns: number, rows: number): void {
    this.#columns = columns;
    this.#rows = rows;
    this.#cells = this.#blank();
    this.#row = Math.min(this.#row, rows - 1);
    Object.assign(this.stdout, { columns, rows });
    this.stdout.emit('resize');
  }

  #blank(): string[][] {
    return Array.from({ length: this.#rows }, () => this.#blankRow());
  }

  #blankRow(): string[] {
    return Array.from({ length: this.#columns }, () => ' ');
  }

  #write(text: string): void {
    const pieces =
      // biome-ignore lint/suspicious/noControlCharactersInRegex: control sequences begin with one
      /\u001b\[([?<>]?)([\d;]*)([A-Za-z])|\u001b.|([\u0000-\u001a\u001c-\u001f])|([^\u0000-\u001f]+)/gu;
    for (const [, mark, parameters, letter, control, printed] of text.matchAll(pieces)) {
      if (printed !== undefined) this.#print(printed);
      else if (control !== undefined) this.#control(control);
      else if (letter !== undefined) this.#sequence(mark ?? '', parameters ?? '', letter);
    }
  }

  #control(control: string): void {
    if (control === '\u0007') this.bells++;
    if (control === '\r' || control === '\n') this.#column = 0;
    if (control === '\n') this.#feed();
  }

  #feed(): void {
    if (this.#row < this.#rows - 1) this.#row++;
    else this.#cells = [...this.#cells.slice(1), this.#blankRow()];
  }

  #print(text: string): void {
    for (const { segment } of new Intl.Segmenter().segment(text)) {
      const cells = width(segment);
      if (this.#column + cells > this.#columns) {
        this.#column = 0;
        this.#feed();
      }
      const row = this.#cells[this.#row]!;
      row[this.#column] = segment;
      for (let more = 1; more < cells; more++) row[this.#column + more] = '';
      this.#column += cells;
    }
  }

  #sequence(mark: string, parameters: string, letter: string): void {
    if (mark === '?') {
      if (letter === 'h') this.modes.add(parameters);
      if (letter === 'l') this.modes.delete(parameters);
      return;
    }
    const [first = 0, second = 0] = parameters.split(';').map(Number);
    const row = this.#cells[this.#row]!;
    switch (letter) {
      case 'A':
        this.#row = Math.max(0, this.#row - (first || 1));
        break;
      case 'B':
        this.#row = Math.min(this.#rows - 1, this.#row + (first || 1));
        break;
      case 'E':
        this.#row = Math.min(this.#rows - 1, this.#row + (first || 1));
        this.#column = 0;
        break;
      case 'G':
        this.#column = Math.max(0, (first || 1) - 1);
        break;
      case 'H':
        this.#row = Math.max(0, (first || 1) - 1);
        this.#column = Math.max(0, (second || 1) - 1);
        break;
      case 'J':
        for (let below = first === 2 ? 0 : this.#row; below < this.#rows; below++) {
          this.#cells[below]!.fill(' ', below === this.#row && first !== 2 ? this.#column : 0);
        }
        break;
      case 'K':
        row.fill(' ', first === 0 ? this.#column : 0);
        break;
    }
  }
}
