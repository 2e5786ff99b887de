/** The standard's recurrent operators: their inputs and outputs stand at the same places. */
export const recurrentOperators: readonly string[] = ['LSTM', 'GRU', 'RNN'];

/** Places of inputs. */
export const lengthsPlace = 4;
/** Of h, and of an LSTM's c. */
export const initialStates: readonly number[] = [5, 6];
