/**
 * What a contract test needs of a test runner, so that it can be exported without depending on one: vitest's and jest's
 * functions fit.
 */
export interface ContractRunner {
  describe(name: string, body: () => void): unknown;
  it(name: string, body: () => void | Promise<void>): unknown;
  expect(value: unknown): {
    toBe(expected: unknown): unknown;
    toEqual(expected: unknown): unknown;
    toMatchObject(expected: object): unknown;
  };
}
