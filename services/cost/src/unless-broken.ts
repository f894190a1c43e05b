import { SwitchyardError } from "@switchyard/shared/errors";

/** A row that cannot be read keeps nobody from the others: it is told, and the answer is null. Every other error is thrown. */
export async function unlessBroken<Value>(
  work: () => Promise<Value>,
  onBroken: (text: string) => void,
): Promise<Value | null> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof SwitchyardError) || error.code !== "ROW_INVALID") throw error;
    onBroken(error.message);
    return null;
  }
}
