// Why a passage went where it went: a short word for tables and a full sentence for people, in Chinese.

import type { Reason } from "../../api/types.ts";

export interface Wording {
  word: string;
  sentence: string;
}

export const reasons: Record<Reason, Wording> = {
  cleared: { word: "单货相符", sentence: "单证、重量、条码一致，予以放行。" },
  token: { word: "凭证放行", sentence: "查验台已签发一次性放行凭证，凭证有效。" },
  officer_released: { word: "关员放行", sentence: "关员答复放行，分拣线在截止点之前收到。" },
  officer_stopped: { word: "关员拦截", sentence: "关员答复查验，转入查验道。" },
  no_read: { word: "未读到码", sentence: "没有读码器读到面单条码。" },
  code_conflict: { word: "条码冲突", sentence: "同一件上读到属于不同运单的条码。" },
  ambiguous_reading: { word: "读数存疑", sentence: "有一次读数可能属于前后另一件，不予采信。" },
  unknown_waybill: { word: "无此运单", sentence: "清单中没有这票运单，尚无任何单证。" },
  papers_missing: { word: "单证未齐", sentence: "订单、支付单、运单或清单尚未到齐，等候补齐。" },
  clearance_stale: { word: "清单过期", sentence: "放行清单距今超过规定时限，须等候更新。" },
  control_instruction: { word: "布控", sentence: "此票有布控指令，须开箱查验。" },
  customs_hold: { word: "海关回执", sentence: "海关回执要求查验、暂扣或退运。" },
  revoked: { word: "放行撤销", sentence: "原放行已被撤销。" },
  officer_review: { word: "待审", sentence: "须由关员判定；截止点之前没有答复即转查验。" },
  already_released: { word: "重复放行", sentence: "这票运单此前已放行一次：可能是套用面单，或一票多件。" },
  no_weight: { word: "未称到重", sentence: "动态秤没有给出这一件的重量。" },
  weight_mismatch: { word: "重量不符", sentence: "实测重量与申报重量之差超出允许范围。" },
  too_close: { word: "间距过近", sentence: "与前后件间距过近，读数无法分辨归属。" },
  lost_in_track: { word: "跟踪丢失", sentence: "控制器在皮带上失去了对这一件的跟踪。" },
  eye_missed: { word: "光电漏检", sentence: "有光电开关没有检测到这一件。" },
  unexpected_item: { word: "来历不明", sentence: "皮带上出现了没有进件记录的物件。" },
  observation_gap: { word: "观测中断", sentence: "这一件通过时，采集程序或某台设备不在线，证据不完整。" },
  image_pending: { word: "图像未审", sentence: "CT 图像还没有审完；截止点之前审完且无异常即放行，图像未到则查验。" },
  image_alarm: { word: "图像报警", sentence: "图像审核框出了可疑之处，须由关员看图判定。" },
  image_prohibited: { word: "图像见禁限物", sentence: "图像审核所见属于不得在屏幕上放行的类别，须开箱查验。" },
  image_exception: { word: "图像异常", sentence: "图像无法判读，须由人查验。" },
  scan_doubtful: { word: "扫描存疑", sentence: "不能确定这次扫描属于这一件，不予采信。" },
  ct_not_ready: { word: "CT 未就绪", sentence: "这一件通过时 CT 有故障、被旁路或射线未开。" },
  recirculation_limit: { word: "复扫超限", sentence: "重新扫描已达规定次数，转入查验道。" },
  lane_unavailable: { word: "道口不可用", sentence: "应去的道口已满或停用。" },
  undecided: { word: "未及判定", sentence: "到达截止点时仍无判定，按故障安全原则转查验。" },
  inspection: { word: "海关查验", sentence: "海关要求查验；具体原因不对您的岗位开放。" },
};
