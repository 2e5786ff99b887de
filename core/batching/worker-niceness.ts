/** Of a process that infers, as nice has it: the server's main thread, which answers, goes first where cores are short. */
export const workerNiceness = 5;
