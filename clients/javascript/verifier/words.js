/**
 * The texts of the page. Modules and `page.html` write the English text; `CHINESE` has the Chinese one. A text may have
 * values in braces: `say("{count} entries", "zh", { count: "12" })`.
 */

/** @typedef {"en" | "zh"} Language */

/** The steps of each check in the words of a purchaser, in the order of the steps of the modules that make the check. */
export const STEP_WORDS = Object.freeze({
  receipt: [
    "The receipt is well-formed, and its log entry belongs to this record.",
    "The log whose key you trust has signed.",
    "The record is an entry of the log that was signed.",
    "Each figure in the file is the one to which the log committed.",
    "The record’s own text is the one in the log.",
    "The supplier’s key signed the record.",
    "The log, as it is published now, still begins with what it signed then.",
    "Enough witnesses, by your policy, have cosigned: others were shown the same log.",
  ],
  statement: [
    "The file is a well-formed statement.",
    "Its claims are signed by the log whose key you trust.",
    "The log signed a checkpoint of the size that the statement names, so it cannot deny later what it held.",
    "The record and its inputs are entries of that log.",
    "Each figure in the file is the one to which the log committed.",
    "The figure, its title and its doubtful shares follow from these figures.",
    "The figure follows from the suppliers’ own records.",
    "The log, as it is published now, still begins with what it signed then.",
    "Enough witnesses, by your policy, have cosigned: others were shown the same log.",
  ],
  bundle: [
    "The bundle is well-formed, and its log entry belongs to this record.",
    "The log whose key you trust has signed.",
    "Enough witnesses, by your policy, have cosigned: others were shown the same log.",
    "The record is an entry of the log that was signed.",
    "Each figure in the file is the one to which the log committed.",
    "The record’s own text is the one in the log.",
    "Public records lead from the log’s registrar to the supplier’s key.",
    "The supplier’s key signed the record, for the organisation that it names.",
    "The statement in the bundle holds, and belongs to this record.",
    "The log, as it is published now, still begins with what it signed then.",
  ],
  history: [
    "The log answers with a checkpoint that its key signed.",
    "Enough witnesses, by your policy, have cosigned that checkpoint.",
    "The log still begins with every checkpoint in the file.",
    "The log still begins with every checkpoint that this page saw before.",
  ],
});

/** Failures in the words of a purchaser, by the code of the error. */
export const FAULTS = Object.freeze({
  "wrong-signature": "The key that you trust did not sign this. The file is forged, or it belongs to another log.",
  "wrong-checkpoint": "The key that you trust did not sign this. The file is forged, or it belongs to another log.",
  "wrong-acknowledgement": "The key that you trust did not sign this. The file is forged, or it belongs to another log.",
  "invalid-note": "The key that you trust did not sign this. The file is forged, or it belongs to another log.",
  "verification-failed": "The key that you trust did not sign this. The file is forged, or it belongs to another log.",
  "wrong-origin": "The file belongs to another log than the one whose key you trust.",
  "unknown-log": "The file belongs to another log than the one whose key you trust.",
  "another-log": "The file belongs to another log than the one whose key you trust.",
  "wrong-claims": "The statement was changed after the log signed it.",
  "not-included": "The record is not in the log that was signed.",
  "wrong-leaf": "A figure was changed after the log had committed to it.",
  "malformed-leaf": "A figure was changed after the log had committed to it.",
  "wrong-claim": "A figure was changed after the log had committed to it.",
  "wrong-figure": "The figure or its title does not follow from the figures to which the log committed.",
  "wrong-digest": "The record is not the one that the log holds.",
  "wrong-body": "The record is not the one that the log holds.",
  "wrong-index": "The record is not the one that the log holds.",
  "wrong-statement": "The statement in the bundle belongs to another record.",
  "no-quorum": "Too few of your policy’s witnesses have cosigned. The log may show you a history that others never saw.",
  "ended-key": "The log’s key had ended before it signed this.",
  "forked-keys": "The rotations of the log’s key contradict those that were known.",
  "broken-chain": "The rotations of the log’s key do not lead to the key that you trust.",
  "revoked-key": "The key that signed the record had been revoked.",
  "wrong-issuer": "The key that signed the record belongs to another organisation.",
  "wrong-registrar": "The bundle does not begin with the registrar whose key you trust.",
  "another-thing": "The file is true, but about another lot or record than the one that you asked for.",
  "void": "The log has given up a history that it signed: entries were removed or replaced.",
});
export const OTHER_FAULT = "The file is damaged, or was changed.";

/** Words of units by their UN/ECE code; other codes stand as they are. */
export const UNITS = Object.freeze({
  H87: ["piece", "件"], KGM: ["kg", "kg"], GRM: ["g", "g"], TNE: ["t", "t"], KTN: ["kt", "kt"], KWH: ["kWh", "kWh"],
  MWH: ["MWh", "MWh"], GWH: ["GWh", "GWh"], "3B": ["MJ", "MJ"], GV: ["GJ", "GJ"], MTQ: ["m³", "m³"], NM3: ["Nm³", "Nm³"],
  LTR: ["l", "l"], MTK: ["m²", "m²"], MTR: ["m", "m"], TKM: ["tkm", "tkm"],
});

/** @type {Readonly<Record<string, string>>} */
export const CHINESE = Object.freeze({
  "Skip to content": "跳到正文",
  "Carbon ledger: offline verifier": "碳账本：离线核查工具",
  "Offline verifier · Carbon ledger": "离线核查工具 · 碳账本",
  "Trusts no server.": "不信任任何服务器。",
  "It asks nobody unless you enter an address. It trusts the key that you give it, and nothing else.":
    "除非您输入地址，否则不向任何人查询。只信任您给出的密钥。",
  "Check a figure, trusting nobody": "核查数值，无需信任任何人",
  "1. The key that you trust": "1. 您信任的密钥",
  "Verifier key of the log, or a policy with the log and its witnesses": "日志的验证密钥，或列有日志及其见证方的策略",
  "Take it from somewhere else than the file: from your contract, from your auditor, or from several people. Whoever gives you both the file and the key can forge both.":
    "密钥应来自文件以外的渠道：合同、审计机构或多个人。同时给您文件和密钥的人可以伪造两者。",
  "or read it from a file": "或从文件读取",
  "The registrar’s first key, for bundles": "登记机构的首个密钥（用于证据包）",
  "Key id in hexadecimal digits": "密钥标识（十六进制）",
  "2. The file": "2. 文件",
  "Drop a statement, bundle, receipt or acknowledgement here, or choose it": "将声明、证据包、回执或确认书拖到此处，或选择文件",
  "Paste its text instead": "改为粘贴文本",
  "Text of the file": "文件文本",
  "3. The address of the log (optional)": "3. 日志地址（可选）",
  "Address of the ledger’s server or of a mirror": "账本服务器或镜像的地址",
  "The page then asks the log for its newest checkpoint, and whether it still holds everything that it signed before.":
    "本页将向日志索取最新检查点，并核查其是否仍包含以前签署的全部内容。",
  "Check": "核查",
  "Before you rely on this file, compare its SHA-256 with the one that somebody else computed from the release.":
    "使用本文件之前，请将其 SHA-256 与他人根据发布版本计算的值比对。",
  "The receipt is well-formed, and its log entry belongs to this record.": "回执格式正确，其日志条目属于该记录。",
  "The log whose key you trust has signed.": "您信任其密钥的日志已签名。",
  "The record is an entry of the log that was signed.": "该记录是已签名日志中的条目。",
  "Each figure in the file is the one to which the log committed.": "文件中的每个数值都是日志所承诺的数值。",
  "The record’s own text is the one in the log.": "记录原文与日志中的一致。",
  "The supplier’s key signed the record.": "供应商的密钥签署了该记录。",
  "The log, as it is published now, still begins with what it signed then.": "日志目前公布的内容仍以当时签署的内容开头。",
  "Enough witnesses, by your policy, have cosigned: others were shown the same log.":
    "按您的策略，已有足够的见证方联署：他人看到的是同一日志。",
  "The file is a well-formed statement.": "文件是格式正确的声明。",
  "Its claims are signed by the log whose key you trust.": "其内容由您信任其密钥的日志签署。",
  "The log signed a checkpoint of the size that the statement names, so it cannot deny later what it held.":
    "日志签署了声明所述规模的检查点，因此日后无法否认其内容。",
  "The record and its inputs are entries of that log.": "该记录及其投入都是该日志的条目。",
  "The figure, its title and its doubtful shares follow from these figures.": "数值、名称和存疑份额均可由这些数值得出。",
  "The figure follows from the suppliers’ own records.": "数值可由供应商自己的记录得出。",
  "The bundle is well-formed, and its log entry belongs to this record.": "证据包格式正确，其日志条目属于该记录。",
  "Public records lead from the log’s registrar to the supplier’s key.": "公开记录从日志的登记机构通向供应商的密钥。",
  "The supplier’s key signed the record, for the organisation that it names.": "供应商的密钥为记录所述组织签署了该记录。",
  "The statement in the bundle holds, and belongs to this record.": "证据包中的声明成立，且属于该记录。",
  "The log answers with a checkpoint that its key signed.": "日志给出了由其密钥签署的检查点。",
  "Enough witnesses, by your policy, have cosigned that checkpoint.": "按您的策略，已有足够的见证方联署该检查点。",
  "The log still begins with every checkpoint in the file.": "日志仍以文件中的每个检查点开头。",
  "The log still begins with every checkpoint that this page saw before.": "日志仍以本页以前见过的每个检查点开头。",
  "The key that you trust did not sign this. The file is forged, or it belongs to another log.":
    "您信任的密钥没有签署此内容。文件是伪造的，或属于另一日志。",
  "The file belongs to another log than the one whose key you trust.": "文件属于另一日志，而非您信任其密钥的日志。",
  "The statement was changed after the log signed it.": "声明在日志签署之后被更改。",
  "The record is not in the log that was signed.": "该记录不在已签署的日志中。",
  "A figure was changed after the log had committed to it.": "数值在日志承诺之后被更改。",
  "The figure or its title does not follow from the figures to which the log committed.":
    "数值或其名称无法由日志所承诺的数值得出。",
  "The record is not the one that the log holds.": "该记录不是日志中的记录。",
  "The statement in the bundle belongs to another record.": "证据包中的声明属于另一条记录。",
  "Too few of your policy’s witnesses have cosigned. The log may show you a history that others never saw.":
    "您策略中的联署见证方不足。日志可能向您展示他人从未见过的历史。",
  "The log’s key had ended before it signed this.": "日志的密钥在签署此内容之前已终止。",
  "The rotations of the log’s key contradict those that were known.": "日志密钥的更换与已知情况矛盾。",
  "The rotations of the log’s key do not lead to the key that you trust.": "日志密钥的更换与您信任的密钥不衔接。",
  "The key that signed the record had been revoked.": "签署该记录的密钥已被撤销。",
  "The key that signed the record belongs to another organisation.": "签署该记录的密钥属于另一组织。",
  "The bundle does not begin with the registrar whose key you trust.": "证据包并非始于您信任其密钥的登记机构。",
  "The file is true, but about another lot or record than the one that you asked for.": "文件属实，但与您查询的批次或记录无关。",
  "The log has given up a history that it signed: entries were removed or replaced.":
    "日志放弃了其签署过的历史：条目被删除或替换。",
  "The file is damaged, or was changed.": "文件已损坏或被更改。",
  "holds": "成立",
  "does not hold": "不成立",
  "not checked": "未核查",
  "not reached": "未进行到",
  "no policy is given": "未给出策略",
  "no log is asked": "未查询日志",
  "no body is given": "未给出记录原文",
  "no key is given": "未给出密钥",
  "no checkpoint yet": "尚无检查点",
  "no address of the log is given": "未给出日志地址",
  "the file has no checkpoint": "文件中没有检查点",
  "no checkpoint was seen before": "以前未见过检查点",
  "the bodies are not given": "未给出记录原文；审计机构可以核查",
  "the bundle has no body": "证据包不含记录原文",
  "the bundle has no public records": "证据包不含公开记录",
  "the bundle has no statement": "证据包不含声明",
  "but nobody pinned the registrar": "但未指定登记机构的密钥",
  "not shown, only the committed figure": "未展示过程，只核对所承诺的数值",
  "for the committed figure; the statement does not show how it is made": "就所承诺的数值而言；声明未展示其形成过程",
  "not yet: the log acknowledged the record before its witnesses had signed": "尚未：日志在见证方签署之前确认了该记录",
  "not yet: the log acknowledged the record before its witnesses signed": "尚未：日志在见证方签署之前确认了该记录",
  "Nothing is proven: you have given no key": "未证明任何内容：您没有给出密钥",
  "Whoever runs the server, or made the file, can write anything into it. Give the key of the log, from somewhere else than this file.":
    "服务器的运营方或文件的制作者可以写入任何内容。请给出来自文件以外渠道的日志密钥。",
  "Nothing is proven against the operator: the key is from their own server":
    "对运营方未证明任何内容：密钥来自其自己的服务器",
  "The steps below show only that the file and the server agree with each other. Compare this key with one from somewhere else:":
    "以下步骤只表明文件与服务器彼此一致。请将此密钥与其他渠道的密钥比对：",
  "The figure is proved": "数值已证明",
  "The figure is proved, but it is doubtful: {title}": "数值已证明，但存疑：{title}",
  "The figure is proved, but the statement has expired": "数值已证明，但声明已过期",
  "The record and its figures are in the log": "记录及其数值已在日志中",
  "The record and its figures are in the log, but they are doubtful": "记录及其数值已在日志中，但数值存疑",
  "not shown: the file holds no assessment of the record": "未显示：文件中没有该记录的评估",
  "The file is larger than 64 MiB, so it was not read.": "文件超过 64 MiB，未读取。",
  "The log has promised this record, but not published it yet": "日志已承诺收录该记录，但尚未公布",
  "The log’s history holds": "日志的历史成立",
  "The log’s newest checkpoint holds": "日志的最新检查点成立",
  "Do not use this file: it does not hold": "请勿使用此文件：核查不成立",
  "Do not rely on this log: its answer does not hold": "请勿依赖此日志：其答复不成立",
  "Warning: this log has shown two different histories": "警告：该日志展示了两种不同的历史",
  "It signed both of the checkpoints below, and they contradict each other: entries were removed, replaced or shown to some people only. Keep both as evidence, and tell your auditor and the log’s other users.":
    "该日志签署了以下两个相互矛盾的检查点：条目被删除、替换，或只向部分人展示。请保存两者作为证据，并告知审计机构和日志的其他用户。",
  "But only in one of the two histories of the log.": "但只在日志两种历史中的一种里成立。",
  "First checkpoint": "第一个检查点",
  "Second checkpoint": "第二个检查点",
  "The log did not answer, so only the file was checked.": "日志没有应答，因此只核查了文件。",
  "The address did not answer": "该地址没有应答",
  "Check the address. A ledger answers this page only if its operator has set `cors`; a mirror of the log serves as well.":
    "请检查地址。只有运营方设置了 `cors`，账本才会应答本页；日志的镜像同样可用。",
  "This cannot be read": "无法读取",
  "Give a file, its text, or the address of a log.": "请给出文件、其文本或日志地址。",
  "Of {all} receipts {failed} do not hold": "{all} 份回执中有 {failed} 份不成立",
  "All {all} receipts hold": "{all} 份回执全部成立",
  "{amount} kg CO₂e per {unit}": "每 {unit} {amount} kg CO₂e",
  "{amount} kg CO₂e in all, for {quantity} {unit}": "共 {amount} kg CO₂e，数量 {quantity} {unit}",
  "The file says:": "文件称：",
  "Title": "名称",
  "Lot": "批次",
  "Product": "产品",
  "Signed by": "签署方",
  "Doubtful": "存疑",
  "nothing is omitted, questioned or provisional": "无遗漏、无质疑、无暂定",
  "omitted": "遗漏",
  "questioned": "受质疑",
  "provisional": "暂定",
  "a receipt has no title; its statement has one": "回执没有名称；其声明有",
  "Valid until": "有效期至",
  "Expired on": "已过期于",
  "Restated": "重述",
  "The record at entry {index} has revised the figure since it was first stated.": "自首次声明以来，条目 {index} 处的记录修订了该数值。",
  "Attestations": "鉴证",
  "the log lists {count}; its key alone vouches for them": "日志列出 {count} 项；仅由其密钥担保",
  "Left out": "遗漏项",
  "Findings": "核查发现",
  "Log": "日志",
  "Entry": "条目",
  "What the log says of the limits of the figure": "日志对数值局限的说明",
  "footprint": "碳足迹",
  "incomplete": "不完整",
  "What the file proves": "文件证明的内容",
  "What the log shows": "日志展示的内容",
  "The log now has {size} entries.": "日志现有 {size} 个条目。",
  "Cosigned by {name} at {time} UTC.": "{name} 于 {time} UTC 联署。",
  "Before, this page had seen {size} entries.": "本页此前见过 {size} 个条目。",
  "This page sees this log for the first time. It will compare the next checkpoint with this one.":
    "本页首次见到该日志，并将把下一个检查点与此比较。",
  "This page also remembers a log of this name under another key. Either its key was rotated, or one of the two logs is false.":
    "本页还记得以另一密钥为准的同名日志。要么其密钥已更换，要么两个日志之一是假的。",
  "What this does not prove": "本核查不能证明的内容",
  "that suppliers told the truth about what they used and emitted: findings, attestations and audits are about that":
    "供应商如实说明其消耗和排放：这由核查发现、鉴证和审计处理",
  "that no later record has restated the figure: only the log’s server or an audit can say so":
    "没有后续记录重述该数值：只有日志服务器或审计才能说明",
  "that others were shown the same log: give a policy with witnesses": "他人看到的是同一日志：请给出列有见证方的策略",
  "that the log still keeps this history: give its address": "日志仍保留这一历史：请给出其地址",
  "For your security team": "供安全团队参考",
  "What this page remembers": "本页记住的内容",
  "{origin}: {size} entries, seen on {day}": "{origin}：{size} 个条目，见于 {day}",
  "Nothing yet. It will keep the newest checkpoint of each log, in this browser.": "尚无内容。它将在此浏览器中保存每个日志的最新检查点。",
  "Forget everything": "全部清除",
  "This browser does not let the page remember checkpoints.": "此浏览器不允许本页记住检查点。",
  "This browser does not give local files the cryptography that the check needs. Use a current Firefox, Chrome, Edge or Safari.":
    "此浏览器不向本地文件提供核查所需的密码功能。请使用最新的 Firefox、Chrome、Edge 或 Safari。",
  "This address has no TLS, so the browser gives this page no cryptography. Open the ledger by its https address.":
    "此地址没有 TLS，浏览器不向本页提供密码功能。请使用账本的 https 地址打开。",
});

/**
 * The text in a language; the English one if there is no other.
 *
 * @param {string} text
 * @param {Language} language
 * @param {Record<string, string>} [values]
 */
export function say(text, language, values = {}) {
  const translated = (language === "zh" && Object.hasOwn(CHINESE, text) && CHINESE[text]) || text;
  return translated.replace(/\{(\w+)\}/g, (whole, name) => (Object.hasOwn(values, name) ? values[name] : whole));
}

/**
 * The title of a figure, such as `incomplete and questioned footprint`.
 *
 * @param {string} title
 * @param {Language} language
 */
export function titleIn(title, language) {
  if (language === "en") {
    return title;
  }
  const words = title.split(" ").filter((word) => word !== "and").map((word) => say(word, language));
  return [words.slice(0, -1).join("、"), words[words.length - 1]].filter(Boolean).join("的");
}
