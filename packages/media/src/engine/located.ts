import type { ResolveName } from '@ringdown/connectivity';
import type { AgreedStream } from '@ringdown/sdp';

const NUMERIC = /^(?:\d{1,3}(?:\.\d{1,3}){3}|[\da-f]*:[\da-f:.]*)$/i;

/**
 * The same with addresses where the peer has written names (RFC 8866 §5.7). With ICE they are of no use, and stay.
 *
 * @returns undefined where a name has no address
 */
export const located = async (
  agreed: AgreedStream,
  resolve: ResolveName | undefined,
): Promise<AgreedStream | undefined> => {
  const { rtp, rtcp } = agreed.remote;
  if (agreed.ice !== undefined || (NUMERIC.test(rtp.address) && NUMERIC.test(rtcp.address))) return agreed;
  const addresses = await Promise.all([rtp, rtcp].map(({ address }) => addressOf(address, resolve)));
  const [one, other] = addresses;
  if (one === undefined || other === undefined) return undefined;
  return { ...agreed, remote: { rtp: { ...rtp, address: one }, rtcp: { ...rtcp, address: other } } };
};

const addressOf = async (name: string, resolve: ResolveName | undefined): Promise<string | undefined> => {
  if (NUMERIC.test(name) || resolve === undefined) return NUMERIC.test(name) ? name : undefined;
  const ask = (type: 'A' | 'AAAA') =>
    new Promise<string | undefined>((answered) => resolve(name, type, ([first]) => answered(first)));
  return (await ask('A')) ?? ask('AAAA');
};
