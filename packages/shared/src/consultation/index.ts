export {
  CONSULT_ANSWER_SCHEMA,
  CONSULTATION_VERSION,
  type Consultation,
  consultationOf,
  mostConsultationBytes,
} from "./consultation-prompt.ts";
export { readJudgement } from "./read-judgement.ts";
