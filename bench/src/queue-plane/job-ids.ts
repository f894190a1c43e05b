/** Job ids of the real length and alphabet, one for each number below 10^12. */
export function benchJobId(index: number): string {
  return `job_${index.toString().padStart(26, "0")}`;
}
