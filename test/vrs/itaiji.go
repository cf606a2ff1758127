// SPDX-License-Identifier: Apache-2.0

package vrs

import "strings"

// itaijiGroups are characters that a clerk may write for one another (異体字):
// the forms of one character, the one most written first. They are the old
// forms that the list of characters for common use (常用漢字表, 2010) gives in
// parentheses, and forms that are met in names. Compatibility ideographs are
// not here: normalisation has made them one with their counterparts before.
// Nothing is certified by this table: it finds, and the record's own characters
// are shown and printed.
const itaijiGroups = `
高髙 崎﨑嵜 辺邊邉 斎齋斉齊 吉𠮷 桑桒 富冨 島嶋嶌 沢澤 国國圀 広廣 浜濱濵 桜櫻 竜龍 滝瀧 鉄鐵鉃鐡 塩鹽 万萬 寿壽 恵惠 徳德悳 栄榮 真眞 実實
円圓 関關 条條 来來 黒黑 緑綠 沖冲 蔵藏 頼賴 児兒 弥彌 学學 当當 聡聰 総總 鶴靍靏 鴎鷗 薫薰 勲勳 礼禮 禄祿 穂穗 稲稻 豊豐
壱壹 弐貳 参參 宝寶 曽曾 増增 霊靈 瀬瀨 穎頴 涼凉 峰峯 巌巖 槙槇 梅楳 松枩 柳栁桺 柏栢 桧檜 橋槗 館舘 郷鄕 隣鄰 静靜 青靑
清淸 横橫 温溫 穏穩 亀龜 気氣 暁曉 尭堯 遥遙 瑶瑤 謡謠 揺搖 渕淵渊 芦蘆 刈苅 薮藪籔 蛍螢 蝿蠅 篭籠 糸絲 経經 継繼 縄繩 絵繪
続續 繊纖 聴聽 声聲 胆膽 台臺 旧舊 艶艷 芸藝 茎莖 荘莊 薬藥 虎乕 虫蟲 蚕蠶 衛衞 裏裡 装裝 覚覺 観觀 触觸 証證 訳譯 読讀
諌諫 賛贊 軽輕 転轉 辞辭 逓遞 遅遲 迩邇 郎郞 酔醉 釈釋 鉱鑛 銭錢 録錄 鋭銳 鎮鎭 闘鬪 陥陷 隠隱 随隨 険險 顔顏 顕顯 駅驛
駆驅駈 騒騷 験驗 髪髮 鶏鷄雞 麦麥 麺麵 黄黃 黙默 点點 党黨 歯齒 齢齡 亜亞 悪惡 圧壓 囲圍 医醫 為爲 営營 応應 奥奧 欧歐 殴毆
価價 仮假 会會 懐懷 壊壞 概槪 拡擴 殻殼 楽樂 渇渴 巻卷 歓歡 勧勸 寛寬 帰歸 偽僞 戯戲 犠犧 拠據 挙擧 虚虛 峡峽 挟挾 狭狹
教敎 区區 掲揭 渓溪 径徑 撃擊 剣劍劔釼剱 県縣 倹儉 圏圈 検檢 権權 献獻 研硏 厳嚴 効效 恒恆 号號 剤劑 済濟 砕碎 桟棧 惨慘 残殘
湿濕 写寫 収收 従從 渋澁 獣獸 縦縱 粛肅 処處 叙敍敘 奨奬 将將 焼燒 称稱 乗乘 剰剩 浄淨 畳疊 嬢孃 譲讓 醸釀 嘱囑 慎愼 尽盡
粋粹 髄髓 枢樞 数數 摂攝 浅淺 践踐 戦戰 禅禪 双雙 壮壯 争爭 捜搜 挿插 巣巢 臓臟 属屬 堕墮 対對 体體 帯帶 滞滯 択擇 単單
団團 担擔 断斷 痴癡 昼晝 鋳鑄 庁廳 勅敕 伝傳 灯燈 盗盜 独獨 届屆 悩惱 脳腦 廃廢 拝拜 売賣 発發 抜拔 払拂 仏佛 併倂 並竝
変變 弁辨瓣辯 舗舖 歩步 褒襃 没沒 翻飜 毎每 満滿 予豫 余餘 与與 誉譽 様樣 乱亂 覧覽 両兩 猟獵 塁壘 励勵 労勞 楼樓 湾灣 晋晉
船舩 彦彥 産產 戸戶 姫姬 凛凜 熙煕凞 皐皋 岳嶽 岡崗 野埜 竪豎 蒋蔣 曹曺 靭靱 侠俠 頚頸 呑吞 填塡 掴摑 剥剝 叱𠮟 繋繫 蝉蟬
箪簞 痩瘦 麹麴 躯軀 醤醬 鹸鹼 焔焰 莱萊 祷禱 涛濤 梼檮 攪撹 溌潑 蝋蠟 賎賤 壷壺 晃晄 昂昻 倶俱 兎兔 亘亙 爾尓尒 廼迺 昇曻
傑杰 枡桝 毘毗 氷冰 涙泪 湧涌 耀燿 珍珎 留畄畱 杯盃 祢禰 秋穐龝 窓窗窻 竈竃 糺糾 綿緜 肇肈 苺莓 萌萠 蓑簑 讃讚 村邨 鈎鉤 鑑鑒
間閒 鯵鰺 麸麩 鴬鶯 闊濶 節莭 庵菴 雁鴈 秘祕 婿壻聟 尚尙 即卽 既旣 徴徵 瓶甁 土圡 強强 柵栅 雑雜 達逹
`

// canonical returns the first form of every other form.
func canonical() map[rune]rune {
	to := make(map[rune]rune)
	for group := range strings.FieldsSeq(itaijiGroups) {
		forms := []rune(group)
		for _, r := range forms[1:] {
			to[r] = forms[0]
		}
	}
	return to
}
