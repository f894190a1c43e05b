/** OpenAI's models that reason refuse any temperature but their own. */
const OWN_TEMPERATURE = /^(?:o\d|gpt-5)/;

/** Whether a model can be asked for a temperature. One that is not known is taken for an ordinary one. */
export function takesTemperature(model: string): boolean {
  return !OWN_TEMPERATURE.test(model);
}
