/** The demo did not get to its end; the message is for whoever watches. */
export class DemoFailed extends Error {
  override readonly name = 'DemoFailed';
}
