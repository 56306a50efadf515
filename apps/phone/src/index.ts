/** `ringdown call` and friends: the phone in the terminal. */
export {};
