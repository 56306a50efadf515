// Node's hashes behind the port that SIP digest asks for.
import { nodeHashes } from '@ringdown/net/ports';

console.log(nodeHashes.hex('md5', 'alice:radio.example:secret'));
// prints: 15aa4897c3ef0874f25d278f2df1962e
