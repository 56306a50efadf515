/** The types of RTCP packets (RFC 3550 §12.1, RFC 3611, RFC 4585). */
export const SENDER_REPORT = 200;
export const RECEIVER_REPORT = 201;
export const SOURCE_DESCRIPTION = 202;
export const BYE = 203;
export const APPLICATION = 204;
export const TRANSPORT_FEEDBACK = 205;
export const PAYLOAD_FEEDBACK = 206;
export const EXTENDED_REPORT = 207;
