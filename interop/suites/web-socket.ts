import assert from 'node:assert/strict';
import { Baresip } from '../harness/baresip.ts';
import { headerOf, headersOf, kindOf } from '../harness/sip-text.ts';
import type { Suite } from '../harness/suite.ts';
import { opened, openSocket, WebSocketPhone } from '../harness/web-socket-phone.ts';

const suite: Suite = {
  name: 'web-socket',
  peers: ['a browser-like client on ws', 'baresip'],
  shows:
    'Over WebSocket and secure WebSocket (RFC 7118) with a `.invalid` Contact: digest registration, calls from and to baresip on UDP, BYE from each side, CANCEL; a closed connection is unreachable; other subprotocols are refused.',
  withinMs: 90_000,
  async run(stage) {
    const provider = await stage.provider();
    for (const name of ['web', 'bob']) await provider.addAccount(name, `${name}-secret`);
    const bob = await Baresip.start(stage, { provider, user: 'bob', address: stage.address(10) });

    for (const secure of [false, true]) {
      const scheme = secure ? 'wss' : 'ws';
      const web = await WebSocketPhone.connect(stage, { provider, user: 'web', secure });

      await stage.check(`${scheme}: the server chooses the subprotocol sip`, async () => {
        assert.equal(web.subprotocol, 'sip');
      });
      await stage.check(`${scheme}: registers by digest; its Contact comes back as it was`, async () => {
        const answer = await web.register();
        assert.equal(kindOf(answer), 200);
        const contacts = headersOf(answer, 'Contact').join(', ');
        assert.ok(contacts.includes(`<${web.contact}>`), `${web.contact} in ${contacts}`);
      });
      await stage.check(`${scheme}: is called by baresip over UDP; the caller’s BYE arrives`, async () => {
        const mark = bob.mark();
        await bob.dial(web.aor);
        const invite = await web.nextRequest('INVITE');
        assert.match(invite.body, /m=audio/);
        web.respond(invite, '180 Ringing', 'web-1');
        await bob.event('CALL_RINGING', 8_000, mark);
        web.respond(invite, '200 OK', 'web-1');
        await web.nextRequest('ACK');
        await bob.event('CALL_ESTABLISHED', 8_000, mark);
        await bob.hangUp();
        const bye = await web.nextRequest('BYE');
        assert.equal(headerOf(bye, 'Call-ID'), headerOf(invite, 'Call-ID'));
        web.respond(bye, '200 OK', 'web-1');
      });
      await stage.check(`${scheme}: a caller who gives up sends it a CANCEL`, async () => {
        await bob.dial(web.aor);
        const invite = await web.nextRequest('INVITE');
        web.respond(invite, '180 Ringing', 'web-2');
        await bob.hangUp();
        const cancel = await web.nextRequest('CANCEL');
        web.respond(cancel, '200 OK', 'web-2');
        web.respond(invite, '487 Request Terminated', 'web-2');
        await web.nextRequest('ACK');
      });
      await stage.check(`${scheme}: calls baresip and hangs up`, async () => {
        const mark = bob.mark();
        const answer = await web.call(bob.aor);
        assert.equal(kindOf(answer), 200, answer.start);
        await bob.event('CALL_ESTABLISHED', 8_000, mark);
        assert.equal(kindOf(await web.hangUp(answer)), 200);
        await bob.event('CALL_CLOSED', 8_000, mark);
      });
      await stage.check(`${scheme}: calls baresip, which hangs up`, async () => {
        const mark = bob.mark();
        const answer = await web.call(bob.aor);
        assert.equal(kindOf(answer), 200, answer.start);
        await bob.event('CALL_ESTABLISHED', 8_000, mark);
        await bob.hangUp();
        const bye = await web.nextRequest('BYE');
        assert.equal(headerOf(bye, 'Call-ID'), headerOf(answer, 'Call-ID'));
        web.respond(bye, '200 OK', 'web-3');
      });
      await stage.check(`${scheme}: a keep-alive leaves the connection usable`, async () => {
        web.send('\r\n\r\n');
        assert.equal(kindOf(await web.register()), 200);
      });
      await stage.check(`${scheme}: when its connection is closed, a call to it ends at once`, async () => {
        await web.close();
        const mark = bob.mark();
        await bob.dial(web.aor);
        const closed = await bob.event('CALL_CLOSED', 5_000, mark);
        assert.match(String(closed.param), /480|404|410|430|503/);
      });
      await stage.check(`${scheme}: another subprotocol is refused`, async () => {
        await assert.rejects(opened(openSocket(provider, secure, ['chat'])));
      });
    }
  },
};
export default suite;
