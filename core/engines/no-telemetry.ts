/**
 * ONNX Runtime reports what it runs to its makers and keeps an identifier in the home folder, unless this variable stands
 * in the process's environment before the runtime starts. A worker thread's environment is a copy that the runtime does
 * not see: hence the entry points of the main thread import this file, and those that open sessions.
 */
process.env.ORT_DISABLE_TELEMETRY ??= '1';
