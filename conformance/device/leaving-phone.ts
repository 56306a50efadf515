/** A program that registers, unregisters and has nothing left to do: it ends by itself, or something was not given back. */
import { connect } from '@ringdown/user-agent';
import { nodePlatform } from '../../packages/media/src/platform/node.ts';
import { silentMedia } from './silent-media.ts';

const [account = '', password = '', server = ''] = process.argv.slice(2);
const phone = await connect({
  account,
  password,
  server,
  platform: nodePlatform({}, silentMedia),
});
process.stdout.write(`${phone.registration}\n`);
await phone.close();
process.stdout.write(`${phone.registration}\n`);
