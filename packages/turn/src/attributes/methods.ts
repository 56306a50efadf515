/** The methods of TURN (RFC 8656 §17, RFC 6062 §6.1). */
export const ALLOCATE = 0x003;
export const REFRESH = 0x004;
export const SEND = 0x006;
export const DATA = 0x007;
export const CREATE_PERMISSION = 0x008;
export const CHANNEL_BIND = 0x009;
export const CONNECT = 0x00a;
export const CONNECTION_BIND = 0x00b;
export const CONNECTION_ATTEMPT = 0x00c;
