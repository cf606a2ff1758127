// SPDX-License-Identifier: Apache-2.0

package vrs

import (
	"slices"
	"strings"
	"testing"

	"golang.org/x/text/unicode/norm"
)

// Rows: E8, R5.2
func TestItaijiAreFoundForOneAnother(t *testing.T) {
	f := newFolder()
	for _, pair := range []string{
		"髙橋 高橋", "山﨑 山崎", "山嵜 山崎", "渡邊 渡辺", "渡邉 渡辺", "渡邉 渡邊", "齋藤 斎藤", "斉藤 齊藤", "齋藤 斉藤", "𠮷野 吉野",
		"桒原 桑原", "冨田 富田", "中嶋 中島", "中嶌 中島", "澤田 沢田", "小國 小国", "廣田 広田", "濱田 浜田", "濵田 浜田", "櫻井 桜井",
		"龍田 竜田", "瀧本 滝本", "鐵男 鉄男", "鹽田 塩田", "萬代 万代", "壽子 寿子", "惠子 恵子", "德川 徳川", "榮一 栄一", "眞人 真人",
		"實 実", "圓山 円山", "關口 関口", "條 条", "黑田 黒田", "賴子 頼子", "學 学", "聰 聡", "靏田 鶴田", "薰 薫",
		"曾根 曽根", "瀨戸 瀬戸", "桺田 柳田", "栢木 柏木", "檜山 桧山", "舘野 館野", "淵上 渕上", "渊上 淵上", "藪 薮", "龜井 亀井",
		"與謝野 与謝野", "國枝 圀枝", "嶽 岳", "埜村 野村", "邨上 村上", "彥 彦", "淸水 清水", "靑木 青木", "衞 衛", "劔持 剣持",
		"葛\U000E0100城 葛城", "辻\U000E0101 辻", "渡邉\U000E0102 渡辺", "邊\uFE00 辺", "\uFA19崎 神﨑", "\uFA1B田 福田", "\uF9DC 隆", "\uFA10田 塚田", "\uFA1E田 羽田", "佐々木 佐佐木",
	} {
		a, b, _ := strings.Cut(pair, " ")
		if a == b {
			t.Errorf("%s is no pair", pair)
		}
		if f.fold(a) != f.fold(b) || f.fold(a) == "" {
			t.Errorf("%s is not found as %s", a, b)
		}
	}
	for _, pair := range []string{"高橋 高崎", "渡辺 田辺", "島 鳥", "沢 択", "大田 太田", "未来 末来", "坂 阪", "一子 二子", "崎 碕"} {
		a, b, _ := strings.Cut(pair, " ")
		if f.fold(a) == f.fold(b) {
			t.Errorf("%s is found as %s", a, b)
		}
	}
}

func TestItaijiTableHasNoCharacterTwice(t *testing.T) {
	seen := make(map[rune]string)
	for group := range strings.FieldsSeq(itaijiGroups) {
		forms := []rune(group)
		if len(forms) < 2 {
			t.Errorf("%s stands alone", group)
		}
		for _, r := range forms {
			if other := seen[r]; other != "" {
				t.Errorf("%c stands in %s and %s", r, other, group)
			}
			seen[r] = group
			if s := string(r); norm.NFKC.String(s) != s {
				t.Errorf("%c (%U) never gets here: it is %s by then", r, r, norm.NFKC.String(s))
			}
		}
	}
	if len(seen) < 800 {
		t.Errorf("%d characters", len(seen))
	}
}

func TestWidthKanaAndMarksAreFoldedForFinding(t *testing.T) {
	f := newFolder()
	for _, same := range [][]string{
		{"ミホン　カズコ", "ﾐﾎﾝ ｶｽﾞｺ", "みほん かずこ", "ミホンカヅコ", "ミホン・カズコ"},
		{"オータ", "オオタ", "おうた", "ｵｰﾀ"},
		{"キョウコ", "キヨウコ", "きょーこ", "キョコ"},
		{"ケイコ", "ケーコ", "ケエコ"},
		{"ヴァーチャル", "バーチャル", "バアチヤル"},
		{"ハッタ", "ハツタ"},
		{"ヲサム", "オサム"},
		{"John Smith", "ＪＯＨＮ　ＳＭＩＴＨ", "JOHNSMITH", "john-smith", "JOHN, SMITH"},
		{"O'MIHON", "O’MIHON", "OMIHON", "Ｏ＇ＭＩＨＯＮ"},
	} {
		for _, s := range same[1:] {
			if f.fold(s) != f.fold(same[0]) {
				t.Errorf("%s folds to %s, %s to %s", s, f.fold(s), same[0], f.fold(same[0]))
			}
		}
	}
	for _, pair := range [][2]string{{"ハナ", "バナ"}, {"カズコ", "カスコ"}, {"アキ", "アイ"}, {"\uE001本", "本"}, {"ヤマサキ", "ヤマザキ"}} {
		if f.fold(pair[0]) == f.fold(pair[1]) {
			t.Errorf("%s and %s are one", pair[0], pair[1])
		}
	}
	for _, none := range []string{"", "　", "・", "ー", "々", "\U000E0100"} {
		if got := f.fold(none); got != "" {
			t.Errorf("%q folds to %q", none, got)
		}
	}
}

func TestAFormerSurnameInBracketsIsANameToo(t *testing.T) {
	f := newFolder()
	for _, name := range []string{"山田［佐藤］　花子", "山田(佐藤)　花子", "山田（佐藤） 花子", "山田[佐藤]花子"} {
		for _, asked := range []string{"山田花子", "佐藤　花子", "山田佐藤花子"} {
			if !slices.Contains(f.names(name), f.fold(asked)) {
				t.Errorf("%s is not found as %s", name, asked)
			}
		}
	}
}
