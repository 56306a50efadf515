/**
 * What baresip 1.0.0 and Linphone 5.1.65 send for presence: captured from them, byte for byte but for line ends. `remote`
 * is whom they watch; the entity-tag `e1` and the dialog tag `srv1` are those of the server that they spoke with.
 */

export const baresipPublish = `PUBLISH sip:studio@127.0.0.1:5360 SIP/2.0
Via: SIP/2.0/UDP 127.0.0.1:5370;branch=z9hG4bK905351ea2faf5c2c;rport
Max-Forwards: 70
Authorization: Digest username="studio", realm="*", nonce="abc123", uri="sip:studio@127.0.0.1:5360", response="e08084ae065b428947100c43107ce857", cnonce="bae6e20e8b5b0b91", qop=auth, nc=00000001
Route: <sip:127.0.0.1:5360;lr>
To: <sip:studio@127.0.0.1:5360>
From: <sip:studio@127.0.0.1:5360>;tag=0b10b71d6e8f31f4
Call-ID: 54ae56465a9fa109
CSeq: 27793 PUBLISH
User-Agent: baresip v1.0.0 (x86_64/linux)
Content-Type: application/pidf+xml
Event: presence
Expires: 60
Content-Length: 459

<?xml version="1.0" encoding="UTF-8" standalone="no"?>
<presence xmlns="urn:ietf:params:xml:ns:pidf"
    xmlns:dm="urn:ietf:params:xml:ns:pidf:data-model"
    xmlns:rpid="urn:ietf:params:xml:ns:pidf:rpid"
    entity="sip:studio@127.0.0.1:5360">
  <dm:person id="p4159"><rpid:activities/></dm:person>
  <tuple id="t4109">
    <status>
      <basic>open</basic>
    </status>
    <contact>sip:studio@127.0.0.1:5360</contact>
  </tuple>
</presence>
`;

export const baresipSubscribe = `SUBSCRIBE sip:remote@127.0.0.1:5360 SIP/2.0
Via: SIP/2.0/UDP 127.0.0.1:5370;branch=z9hG4bK471a9b7f226909b7;rport
Contact: <sip:studio-0x55b8e5ed1990@127.0.0.1:5370>
Max-Forwards: 70
Authorization: Digest username="studio", realm="*", nonce="abc123", uri="sip:remote@127.0.0.1:5360", response="9ac1e234c8092df525d7c4777f08d5a9", cnonce="351369a5f6986416", qop=auth, nc=00000001
Route: <sip:127.0.0.1:5360;lr>
To: <sip:remote@127.0.0.1:5360>
From: <sip:studio@127.0.0.1:5360>;tag=3ccc2fb32d11d1f6
Call-ID: becb2911fb8755e1
CSeq: 44805 SUBSCRIBE
User-Agent: baresip v1.0.0 (x86_64/linux)
Event: presence
Expires: 600
Supported: ice,gruu,path,outbound
Content-Length: 0

`;

export const baresipUnpublish = `PUBLISH sip:studio@127.0.0.1:5360 SIP/2.0
Via: SIP/2.0/UDP 127.0.0.1:5370;branch=z9hG4bK30a416378784d710;rport
Max-Forwards: 70
Authorization: Digest username="studio", realm="*", nonce="abc123", uri="sip:studio@127.0.0.1:5360", response="60a3b333d6edf5b961f2edb3d478c4ed", cnonce="405c52c7935b2863", qop=auth, nc=00000001
Route: <sip:127.0.0.1:5360;lr>
To: <sip:studio@127.0.0.1:5360>
From: <sip:studio@127.0.0.1:5360>;tag=4c21a62e9c521aac
Call-ID: a47877c127707dd2
CSeq: 12643 PUBLISH
User-Agent: baresip v1.0.0 (x86_64/linux)
Event: presence
Expires: 0
SIP-If-Match: e1
Content-Length: 0

`;

export const baresipUnsubscribe = `SUBSCRIBE sip:srv@127.0.0.1:5360 SIP/2.0
Via: SIP/2.0/UDP 127.0.0.1:5370;branch=z9hG4bK40d6f9e87c10dd7a;rport
Contact: <sip:studio-0x55b8e5ed1990@127.0.0.1:5370>
Max-Forwards: 70
Authorization: Digest username="studio", realm="*", nonce="abc123", uri="sip:srv@127.0.0.1:5360", response="c1fb9408002777ade2c905177e782f55", cnonce="fb0c3471b718c379", qop=auth, nc=00000002
To: <sip:remote@127.0.0.1:5360>;tag=srv1
From: <sip:studio@127.0.0.1:5360>;tag=3ccc2fb32d11d1f6
Call-ID: becb2911fb8755e1
CSeq: 44806 SUBSCRIBE
User-Agent: baresip v1.0.0 (x86_64/linux)
Event: presence
Expires: 0
Supported: ice,gruu,path,outbound
Content-Length: 0

`;

export const linphonePublish = `PUBLISH sip:linp@192.0.2.2:5361 SIP/2.0
Via: SIP/2.0/UDP 192.0.2.2:5471;branch=z9hG4bK.mVYdsPdUo;rport
From: "Lin" <sip:linp@192.0.2.2>;tag=M387XkFwT
To: "Lin" <sip:linp@192.0.2.2>
CSeq: 21 PUBLISH
Call-ID: 7QiSADuvpv
Max-Forwards: 70
Supported: replaces, outbound, gruu
Event: presence
Content-Type: application/pidf+xml
Content-Length: 497
Expires: 60
User-Agent: Linphonec/5.1.65
Authorization:  Digest realm="*", nonce="abc123", algorithm=MD5, username="linp",  uri="sip:linp@192.0.2.2:5361", response="bd32eca2f2427bf133f008afac6b17de", cnonce="XN4KwA~T6wClCbVV", nc=00000001, qop=auth

<?xml version="1.0" encoding="UTF-8"?>
<presence xmlns:dm="urn:ietf:params:xml:ns:pidf:data-model" xmlns:rpid="urn:ietf:params:xml:ns:pidf:rpid" xmlns:pidfonline="http://www.linphone.org/xsds/pidfonline.xsd" entity="sip:linp@192.0.2.2:5361" xmlns="urn:ietf:params:xml:ns:pidf">
 <tuple id="xvk06c">
  <status>
   <basic>open</basic>
   <pidfonline:online/>
  </status>
  <contact priority="0.8">sip:linp@192.0.2.2:5361</contact>
  <timestamp>2026-11-22T13:58:53Z</timestamp>
 </tuple>
</presence>
`;

export const linphoneSubscribe = `SUBSCRIBE sip:remote@192.0.2.2:5361 SIP/2.0
Via: SIP/2.0/UDP 192.0.2.2:5471;branch=z9hG4bK.xXm9d8D77;rport
From: "Lin" <sip:linp@192.0.2.2>;tag=xjc2hA3TM
To: "Remote" <sip:remote@192.0.2.2>
CSeq: 21 SUBSCRIBE
Call-ID: V-8cI03mc6
Max-Forwards: 70
Supported: replaces, outbound, gruu
Event: presence
Expires: 600
Contact: "Lin" <sip:linp@127.0.0.1:5471;transport=udp>;+sip.instance="<urn:uuid:bc8f4d9c-df0f-0093-864f-b6cef350f77a>";expires=60
User-Agent: Linphonec/5.1.65
Authorization:  Digest realm="*", nonce="abc123", algorithm=MD5, username="linp",  uri="sip:remote@192.0.2.2:5361", response="fbfcd63218d9f100556651083d629012", cnonce="pbVoDE7gkfPruaW0", nc=00000001, qop=auth

`;

export const linphoneUnpublish = `PUBLISH sip:linp@192.0.2.2:5361 SIP/2.0
Via: SIP/2.0/UDP 192.0.2.2:5471;branch=z9hG4bK.qh4wrGbbZ;rport
From: "Lin" <sip:linp@192.0.2.2>;tag=M387XkFwT
To: "Lin" <sip:linp@192.0.2.2>
CSeq: 22 PUBLISH
Call-ID: 7QiSADuvpv
Max-Forwards: 70
Supported: replaces, outbound, gruu
Event: presence
Expires: 0
User-Agent: Linphonec/5.1.65
SIP-If-Match: e1
Authorization:  Digest realm="*", nonce="abc123", algorithm=MD5, username="linp",  uri="sip:linp@192.0.2.2:5361", response="3e0b3987846c8856de53c9bb64a33f54", cnonce="K4tC6WLPP1YE0zLd", nc=00000002, qop=auth

`;

export const linphoneUnsubscribe = `SUBSCRIBE sip:srv@192.0.2.2:5361 SIP/2.0
Via: SIP/2.0/UDP 192.0.2.2:5471;branch=z9hG4bK.jxyumVXA8;rport
From: "Lin" <sip:linp@192.0.2.2>;tag=xjc2hA3TM
To: "Remote" <sip:remote@192.0.2.2>;tag=srv1
CSeq: 22 SUBSCRIBE
Call-ID: V-8cI03mc6
Max-Forwards: 70
Supported: replaces, outbound, gruu
Event: presence
Expires: 0
Contact: "Lin" <sip:linp@127.0.0.1:5471;transport=udp>;+sip.instance="<urn:uuid:bc8f4d9c-df0f-0093-864f-b6cef350f77a>";expires=0
User-Agent: Linphonec/5.1.65
Authorization:  Digest realm="*", nonce="abc123", algorithm=MD5, username="linp",  uri="sip:srv@192.0.2.2:5361", response="370162a437862a95ea0762956c0933c9", cnonce="FcSceWRS3gDbC0WK", nc=00000002, qop=auth

`;
