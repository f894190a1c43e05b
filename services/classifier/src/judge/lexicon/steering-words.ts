import type { WordTable } from "./word-table.ts";

/** Words by which a prompt may speak of its own label, route or effort. They only say that it is worth a closer look. */
export const STEERING_WORDS: WordTable = {
  en: "simple, simplest, simply, calculation*, complex, complexity, easy, trivial*, hard, hardest, basic, difficult*, ignore, disregard, forget, override, overrule, model, models, llm, tier, effort, needed, required, kidding, classif*, label*, categor*, treat, tag, tagged, tags, mark, rate, route*, routing, router, expert, phd, level, reasoning, thinking, cheap*, expensive, strongest, weakest, flagship, budget, priority, class, system, admin*, policy, instruction*, challenging, effortless, elementary, advanced, demanding, straightforward, quick question, child s play",
  de: "simpel, einfach*, leicht*, trivial*, schwer*, schwierig*, komplex*, klassifizier*, einstuf*, einordn*, markier*, ignorier*, modell*, billig*, günstig*, teuer*, teuerst*, stärkst*, aufwand, routing, berechnung, vergiss",
  fr: "simple*, facile*, trivial*, difficile*, complexe*, classe, classez, classer, catégori*, ignore*, oublie*, modèle*, effort, calcul, étiquette*, route*",
  es: "simple*, sencill*, fácil*, trivial*, difícil*, complej*, clasific*, categor*, ignora*, olvida*, modelo*, esfuerzo, barato, caro, cálculo, etiquet*, marca*",
  it: "semplice*, facile*, banale, difficile*, compless*, classific*, categor*, ignora*, dimentica*, modello*, sforzo, economico, costoso, calcolo, etichett*",
  pt: "simples, fácil*, trivial*, difícil*, complex*, classific*, categor*, ignore*, esqueça*, modelo*, esforço, barato, caro, cálculo, rotul*, marque*",
  nl: "simpel*, eenvoudig*, makkelijk*, triviaal*, moeilijk*, complex*, classific*, categor*, negeer*, vergeet, model*, goedkoop*, duur*, inspanning, berekening, label*",
  pl: "prost*, łatw*, trywialn*, trudn*, złożon*, skomplikowan*, klasyfik*, sklasyfik*, kategor*, zignoruj*, ignoruj*, zapomnij, model*, tani*, drog*, wysił*, obliczen*, oznacz*",
  ru: "прост*, легк*, тривиальн*, трудн*, сложн*, классифици*, категори*, игнорируй*, забудь*, модел*, дешев*, дорог*, усили*, вычислен*, пометь*, отнеси*",
  uk: "прост*, легк*, тривіальн*, складн*, важк*, класифік*, категорі*, ігноруй*, модел*, дешев*, дорог*, зусил*, познач*",
  tr: "basit*, kolay*, önemsiz, zor*, karmaşık*, sınıflandır*, kategori*, yok say*, unut, model*, ucuz*, pahalı*, çaba, hesaplama, etiketle*",
  ar: "بسيط, بسيطة, سهل, سهلة, صعب, صعبة, معقد, معقدة, صنف, صنّف, تصنيف, تجاهل, نموذج, النموذج, رخيص, أرخص, أغلى",
  hi: "सरल, आसान, कठिन, जटिल, वर्गीकृत, अनदेखा, मॉडल, सस्ता, सस्ते, महंगा, महंगे, श्रेणी",
  ko: "간단*, 쉬운*, 쉽*, 어려운*, 어렵*, 복잡*, 분류*, 무시*, 모델*, 저렴*, 비싼*, 등급*",
  zh: "简单, 容易, 困难, 复杂, 归类, 分类, 标记, 忽略, 无视, 模型, 便宜, 最贵, 昂贵, 类别",
  ja: "簡単, 単純, 容易, 難しい, 難問, 複雑, 分類, 無視, モデル, 安い, 高価, ラベル",
};
