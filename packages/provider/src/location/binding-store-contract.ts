import { type WallTime, wallTime } from '@ringdown/sans-io';
import type { ContractRunner } from '../contract-runner.ts';
import type { BindingChange, BindingStore, StoredBinding } from './binding-store.ts';

const now = wallTime(1_800_000_000_000);

const binding = (more: Partial<StoredBinding> = {}): StoredBinding => ({
  aor: 'alice@radio.example',
  key: '<urn:uuid:0001>1',
  contact: 'sip:alice@192.0.2.7:5060;ob',
  contactParameters: ';+sip.instance="<urn:uuid:0001>";reg-id=1',
  q: 1000,
  expiresAt: wallTime(now + 3_600_000),
  callId: '9b1d@phone',
  cseq: 4_294_967_295,
  path: '',
  flow: 'udp 198.51.100.1 5060 203.0.113.9 40001',
  received: '203.0.113.9:40001',
  userAgent: 'baresip v1.0.0 (x86_64/linux)',
  accountId: 7,
  registeredAt: now,
  ...more,
});

const put = (more: Partial<StoredBinding> = {}): BindingChange => ({ kind: 'put', binding: binding(more) });

const inOrder = (bindings: Iterable<StoredBinding>): StoredBinding[] =>
  [...bindings].sort((left, right) => (left.aor + left.key < right.aor + right.key ? -1 : 1));

/** Opens the same store again and again: what one wrote, the next must load. */
export type BindingStoreOpener = () => BindingStore;

/**
 * The tests that every {@link BindingStore} passes.
 *
 * @param makeOpener makes an opener of an empty store, another one each time
 */
export const bindingStoreContract = (
  { describe, it, expect }: ContractRunner,
  name: string,
  makeOpener: () => BindingStoreOpener,
): void => {
  /** What another process would find after these batches. */
  const reload = async (
    batches: readonly (readonly BindingChange[])[],
    at: WallTime = now,
  ): Promise<StoredBinding[]> => {
    const open = makeOpener();
    const writer = open();
    expect([...writer.load(now)]).toEqual([]);
    for (const batch of batches) writer.write(batch);
    await writer.flush();
    expect(writer.backlog).toBe(0);
    await writer.close();
    const reader = open();
    const found = inOrder(reader.load(at));
    await reader.close();
    return found;
  };

  describe(`${name} as a binding store`, () => {
    it('gives back every field as it was', async () => {
      const odd = binding({
        aor: 'bob@radio.example',
        key: 'sip:bob@[2001:db8::1]:5061;transport=tls',
        contactParameters: '',
        q: 0,
        cseq: 0,
        path: '<sip:edge.example;lr;ob>, <sip:[2001:db8::2];lr>',
        received: '',
        userAgent: 'Ünïcode \u00e2\u0082\u00ac \u20ac\u0000\u001f\n 😀',
      });
      expect(await reload([[put()], [{ kind: 'put', binding: odd }]])).toEqual([binding(), odd]);
    });

    it('replaces what has the same aor and key, and nothing else', async () => {
      const found = await reload([
        [put({ cseq: 1 }), put({ key: 'other', cseq: 1 }), put({ aor: 'carol@radio.example', cseq: 1 })],
        [put({ cseq: 2, contact: 'sip:alice@192.0.2.8' })],
      ]);
      expect(found.map(({ aor, key, cseq }) => [aor, key, cseq])).toEqual([
        ['alice@radio.example', '<urn:uuid:0001>1', 2],
        ['alice@radio.example', 'other', 1],
        ['carol@radio.example', '<urn:uuid:0001>1', 1],
      ]);
    });

    it('deletes, and takes changes of one key in their order', async () => {
      const key = '<urn:uuid:0001>1';
      const aor = 'alice@radio.example';
      const gone = { kind: 'delete', aor, key } as const;
      expect(await reload([[put()], [gone]])).toEqual([]);
      expect(await reload([[put(), gone]])).toEqual([]);
      expect(await reload([[gone, put({ cseq: 3 })]])).toMatchObject([{ cseq: 3 }]);
      expect(await reload([[put({ cseq: 1 }), gone, put({ cseq: 2 })], [put({ cseq: 3 })]])).toMatchObject([
        { cseq: 3 },
      ]);
    });

    it('forgets what has expired', async () => {
      const short = put({ key: 'short', expiresAt: wallTime(now + 60_000) });
      expect(await reload([[put(), short]], wallTime(now + 59_999))).toMatchObject([{}, { key: 'short' }]);
      expect(await reload([[put(), short]], wallTime(now + 60_000))).toEqual([binding()]);
    });

    it('takes many in one batch and in many', async () => {
      const many = Array.from({ length: 2_000 }, (_, index) => put({ key: `k${index}` }));
      expect((await reload([many])).length).toBe(2_000);
      expect((await reload(many.map((change) => [change]))).length).toBe(2_000);
    });
  });
};
