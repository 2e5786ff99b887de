/** An interrupted command's exit status, as shells count it. */
export const interruptedStatus = 130;
