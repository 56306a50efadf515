/** The edge of a phone in the browser: WebSocket, RTCPeerConnection, clock and hashes. */
export {};
