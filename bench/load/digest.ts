/** The client's side of digest (RFC 7616, MD5), cut down to what a load needs. */
import { hash } from 'node:crypto';

function parameter(challenge: string, name: string): string | undefined {
  const start = challenge.indexOf(`${name}="`);
  if (start < 0) return undefined;
  const from = start + name.length + 2;
  return challenge.slice(from, challenge.indexOf('"', from));
}

/** The value of Authorization or Proxy-Authorization that answers the first challenge of a 401 or 407; undefined without one. */
export function answerChallenge(
  response: string,
  user: string,
  password: string,
  method: string,
  uri: string,
): string | undefined {
  const at = response.indexOf('-Authenticate: Digest ');
  if (at < 0) return undefined;
  const challenge = response.slice(at, response.indexOf('\r\n', at));
  const realm = parameter(challenge, 'realm');
  const nonce = parameter(challenge, ' nonce') ?? parameter(challenge, ',nonce');
  if (realm === undefined || nonce === undefined) return undefined;
  const ha1 = hash('md5', `${user}:${realm}:${password}`);
  const ha2 = hash('md5', `${method}:${uri}`);
  const opaque = parameter(challenge, 'opaque');
  const common = `Digest username="${user}", realm="${realm}", nonce="${nonce}", uri="${uri}", algorithm=MD5${
    opaque === undefined ? '' : `, opaque="${opaque}"`
  }`;
  if (!challenge.includes('qop=')) return `${common}, response="${hash('md5', `${ha1}:${nonce}:${ha2}`)}"`;
  const response_ = hash('md5', `${ha1}:${nonce}:00000001:6265636e:auth:${ha2}`);
  return `${common}, qop=auth, nc=00000001, cnonce="6265636e", response="${response_}"`;
}
