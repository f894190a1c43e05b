import type { WordTable } from "./word-table.ts";

/** Words that say yes to what was offered, or ask for more of the same. */
export const CONSENT_WORDS: WordTable = {
  en: "yes, yeah, yep, yup, sure, please do, go on, go ahead, go for it, continue, keep going, carry on, proceed, do it, do that, do so, sounds good, let s do, same, again, next one, next, more, the other, the others, another one, the rest, the second one, the first one, both, that one, this one, i agree, agreed, perfect now, now the, and the, and for, and with, what about, how about, instead, as you said, as described, finish it",
  de: "ja, klar, gerne, mach weiter, weiter, mach das, nur zu, einverstanden, passt, genau, so machen, dasselbe, nochmal, das zweite, der zweite, die zweite, jetzt noch, und für, und mit, stattdessen",
  fr: "oui, d accord, vas y, allez y, continue, continuez, fais le, faites le, parfait, pareil, la même chose, encore, le deuxième, la deuxième, et pour, et avec, plutôt",
  es: "sí, claro, de acuerdo, adelante, sigue, continúa, hazlo, perfecto, lo mismo, otra vez, el segundo, la segunda, ahora el, ahora la, y para, y con",
  it: "sì, certo, d accordo, vai avanti, continua, procedi, fallo, perfetto, lo stesso, ancora, il secondo, la seconda, e per, e con",
  pt: "sim, claro, pode ser, continue, continua, segue, prossiga, faz isso, faça isso, perfeito, o mesmo, de novo, o segundo, a segunda, e para, e com",
  nl: "ja, ga door, ga verder, ga je gang, doe maar, hetzelfde, nog een keer, de tweede, en voor, en met",
  pl: "tak, jasne, kontynuuj, dalej, zrób to, to samo, jeszcze raz, drugi, druga, a dla, a z",
  ru: "да, давай, давайте, продолжай, продолжайте, дальше, сделай, сделайте это, то же самое, ещё раз, второй, вторую, а для, а с",
  uk: "так, давай, продовжуй, далі, зроби це, те саме, ще раз, другий, а для",
  tr: "evet, devam, devam et, yap, aynısını, bir daha, ikincisi, peki ya",
  ar: "نعم, أكمل, تابع, استمر, نفس الشيء, مرة أخرى, الثاني, وماذا عن",
  hi: "हाँ, हां, जारी रखो, जारी रखें, आगे, करो, वही, फिर से, दूसरा",
  ko: "네, 예, 그래*, 좋아*, 계속*, 진행*, 그렇게*, 똑같이*, 다시*, 두 번째*, 그럼*",
  zh: "是的, 继续, 接着, 就这样, 同样, 再来, 第二个, 那么",
  ja: "はい, うん, お願いします, 続けて, 続き, 進めて, そうして, 同じ, もう一度, 二つ目, では",
};

/** Words that close a matter. */
export const THANKS_WORDS: WordTable = {
  en: "thanks, thank you, thx, ty, cheers, much appreciated, appreciate it, bye, goodbye, never mind, nevermind, that s all, great job, well done, awesome, lol, haha, see you, good night",
  de: "danke*, tschüss, vergiss es, das war s, super gemacht",
  fr: "merci, au revoir, c est tout, laisse tomber",
  es: "gracias, adiós, hasta luego, eso es todo, olvídalo",
  it: "grazie, arrivederci, è tutto, lascia perdere",
  pt: "obrigado, obrigadau, tchau, é só isso, deixa pra lá",
  nl: "bedankt, dank je, dankjewel, doei, laat maar",
  pl: "dzięki, dziękuję, do widzenia, nieważne",
  ru: "спасибо, благодарю, пока, до свидания, неважно",
  uk: "дякую, бувай, неважливо",
  tr: "teşekkür*, sağ ol, hoşça kal, boş ver",
  ar: "شكرا, شكراً, مع السلامة",
  hi: "धन्यवाद, शुक्रिया, अलविदा",
  ko: "감사*, 고마*, 안녕히*",
  zh: "谢谢, 多谢, 再见, 算了",
  ja: "ありがとう, さようなら, 結構です",
};
