//! Each kind of rule: silent within its bounds, fires beyond them, and says so in both languages.

use prost::Message;
use sanheyi_proto::forms::{BROKEN_DIGITS, WHOLE_DIGITS};
use sanheyi_proto::standard::v1::{Case, CaseResult, CaseStep, Organisation, PowerItem};
use sanheyi_proto::{Violation, Violations, dataset};

use crate::samples::{MORNING, case, item, samples, step};

fn found(name: &str, body: &[u8]) -> Violations {
    let mut violations = Violations::new();
    (dataset(name).expect("a dataset").check)(body, &mut violations);
    violations
}

fn brief(name: &str, body: &[u8]) -> Vec<(String, &'static str)> {
    found(name, body).into_vec().into_iter().map(|one| (one.field, one.rule)).collect()
}

fn of_case(change: impl FnOnce(&mut Case)) -> Vec<Violation> {
    let mut case = case();
    change(&mut case);
    found("case.case", &case.encode_to_vec()).into_vec()
}

fn of_step(change: impl FnOnce(&mut CaseStep)) -> Vec<Violation> {
    let mut step = step();
    change(&mut step);
    found("case.step", &step.encode_to_vec()).into_vec()
}

fn of_item(change: impl FnOnce(&mut PowerItem)) -> Vec<Violation> {
    let mut item = item();
    change(&mut item);
    found("catalogue.power_item", &item.encode_to_vec()).into_vec()
}

/// The first sample of a dataset, changed.
fn of<M: Message + Default>(name: &str, change: impl FnOnce(&mut M)) -> Vec<Violation> {
    let samples = samples();
    let (_, sample) = samples.iter().find(|(dataset, _)| *dataset == name).expect("a sample");
    let mut message = M::decode(sample.as_slice()).expect("a sample decodes");
    change(&mut message);
    found(name, &message.encode_to_vec()).into_vec()
}

fn of_result(change: impl FnOnce(&mut CaseResult)) -> Vec<Violation> {
    of("case.result", change)
}

fn silent(violations: &[Violation]) {
    assert!(violations.is_empty(), "{violations:?}");
}

fn fires(violations: &[Violation], field: &str, rule: &str) {
    let found: Vec<_> = violations.iter().map(|one| (one.field.as_str(), one.rule)).collect();
    assert_eq!(found, [(field, rule)]);
}

#[test]
fn required_means_present_or_not_the_default() {
    fires(&of_case(|case| case.applicant = None), "applicant", "required");
    fires(&of_case(|case| case.promise = None), "promise", "required");
    let gone = of_case(|case| case.no.clear());
    fires(&gone, "no", "required");
    assert_eq!(gone[0].zh, "“办件编号”为必填项");
    silent(&of_step(|step| step.promise = None));
}

#[test]
fn lengths_count_characters() {
    silent(&of_case(|case| case.title = "字".repeat(200)));
    let long = of_case(|case| case.title = "字".repeat(231));
    fires(&long, "title", "string.max_len");
    assert_eq!(long[0].zh, "“办件标题”最多 200 个字，实为 231 个");
    assert_eq!(long[0].en, "“case title” may have at most 200 characters, has 231");
    silent(&of_case(|case| case.title = "𠀀".repeat(200)));
    fires(&of_case(|case| case.title = "a".repeat(201)), "title", "string.max_len");
    fires(&of_case(|case| case.title.clear()), "title", "string.min_len");
    silent(&of_case(|case| case.title = "a".into()));
    silent(&of_case(|case| case.r#abstract.clear()));
}

#[test]
fn least_lengths_beyond_one_count_characters_too() {
    let number = |text: &'static str| {
        of_case(|case| case.applicant.get_or_insert_default().paper_number = text.into())
    };
    silent(&number("12345"));
    silent(&number("证证证证证"));
    silent(&number("𠀀𠀀𠀀𠀀𠀀"));
    for short in ["1", "1234", "证证证证", "𠀀𠀀𠀀𠀀"] {
        fires(&number(short), "applicant.paper_number", "string.min_len");
    }
}

#[test]
fn ignore_passes_over_what_is_not_filled_in() {
    silent(&of_case(|case| case.applicant.get_or_insert_default().paper_number.clear()));
    silent(&of_case(|case| case.applicant.get_or_insert_default().phone.clear()));
}

#[test]
fn patterns_want_the_whole_text() {
    let bad = of_case(|case| case.power_code = "JS048100JT-XK-103".into());
    fires(&bad, "power_code", "string.pattern");
    assert_eq!(
        bad[0].en,
        "“power code” does not have the right form, for example “JS048100JT-XK-1030”, \
         is “JS048100JT-XK-103”"
    );
    let codes = ["JS048100JT-XK-10300", "JS048100jt-XK-1030", "JS048100JT-XK-1030\n", "全角"];
    for code in codes {
        fires(&of_case(|case| case.power_code = code.into()), "power_code", "string.pattern");
    }
    let phone = |text: String| of_case(|case| case.applicant.get_or_insert_default().phone = text);
    silent(&phone("+86 (519) 8288-0000".into()));
    silent(&phone("1".repeat(3)));
    silent(&phone("1".repeat(40)));
    fires(&phone("1".repeat(2)), "applicant.phone", "string.pattern");
    fires(&phone("1".repeat(41)), "applicant.phone", "string.pattern");
}

#[test]
fn personal_values_are_never_said() {
    let secret = "13912345678x";
    let bad = of_case(|case| case.applicant.get_or_insert_default().phone = secret.into());
    fires(&bad, "applicant.phone", "string.pattern");
    assert_eq!(bad[0].zh, "“申请人”的“联系电话”格式不对，应如“0519-82880000”");
    assert!(!format!("{bad:?}").contains("1391234"));
}

#[test]
fn numbers_stay_within_their_bounds() {
    for (number, right) in [(0, false), (1, true), (9_999, true), (10_000, false)] {
        let found = of_step(|step| step.ordinal = number);
        if right { silent(&found) } else { fires(&found, "ordinal", "uint32.gte_lte") }
    }
    let found = of_step(|step| step.ordinal = 10_000);
    assert_eq!(found[0].zh, "“环节序号”须在 1 至 9999 之间，实为 10000");
    let (first, end) = (631_152_000_000_000, 4_102_444_800_000_000);
    let times =
        [(first - 1, false), (first, true), (end - 1, true), (end, false), (i64::MIN, false)];
    for (time, right) in times {
        let found = of_step(|step| {
            step.began_at = time;
            step.processed_at = None;
        });
        if right { silent(&found) } else { fires(&found, "began_at", "int64.gte_lt") }
    }
    let found = of_step(|step| step.began_at = 0);
    assert_eq!(found[0].zh, "“开始时间”须在 1990-01-01 至 2099-12-31 之间，实为 1970-01-01");
}

#[test]
fn a_field_that_knows_absence_is_judged_only_when_present() {
    silent(&of_step(|step| step.processed_at = None));
    let zero = of_step(|step| (step.began_at, step.processed_at) = (0, Some(0)));
    let rules: Vec<_> = zero.iter().map(|one| (one.field.as_str(), one.rule)).collect();
    assert_eq!(rules, [("began_at", "int64.gte_lt"), ("processed_at", "int64.gte_lt")]);
}

#[test]
fn instants_come_in_order_where_both_are_set() {
    let step =
        |began, processed| of_step(|step| (step.began_at, step.processed_at) = (began, processed));
    silent(&step(MORNING, None));
    silent(&step(MORNING, Some(MORNING)));
    silent(&step(MORNING, Some(MORNING + 1)));
    let early = step(MORNING, Some(MORNING - 1));
    fires(&early, "processed_at", "not_before");
    assert_eq!(early[0].zh, "“处理时间”不得早于“开始时间”");
    assert_eq!(early[0].en, "“time of processing” must not be before “time of beginning”");
    let unset = step(0, Some(MORNING));
    fires(&unset, "began_at", "int64.gte_lt");
}

#[test]
fn codes_with_check_characters_are_counted() {
    let credit = |code: &str| {
        of::<Organisation>("organisation.organisation", |one| one.credit_code = code.into())
    };
    silent(&credit(""));
    silent(&credit("91350100M000100Y43"));
    let bad = credit("91350100M000100Y34");
    fires(&bad, "credit_code", "form.credit_code");
    let sentence = "“统一社会信用代码”不是有效的统一社会信用代码，应如“11320482014110382A”，\
                    实为“91350100M000100Y34”";
    assert_eq!(bad[0].zh, sentence);
    fires(&credit("91350100M000100Y4"), "credit_code", "form.credit_code");
    let code = |code: &str| {
        of::<Organisation>("organisation.organisation", |one| one.gb_code = code.into())
    };
    silent(&code("D2143569X"));
    fires(&code("D2143569-X"), "gb_code", "form.organisation_code");
}

#[test]
fn days_exist_and_amounts_are_decimal() {
    let decided = |day: &str| of_result(|result| result.decided_on = day.into());
    silent(&decided("2012-02-29"));
    fires(&decided("2010-02-29"), "decided_on", "form.date");
    let amount = |value: &str| {
        of_result(|result| result.receivable.get_or_insert_default().value = value.into())
    };
    silent(&amount("0"));
    silent(&amount(&format!("{}.{}", "9".repeat(WHOLE_DIGITS), "9".repeat(BROKEN_DIGITS))));
    fires(&amount(&"9".repeat(WHOLE_DIGITS + 1)), "receivable.value", "form.decimal");
    fires(
        &amount(&format!("1.{}", "0".repeat(BROKEN_DIGITS + 1))),
        "receivable.value",
        "form.decimal",
    );
    fires(&amount("-1"), "receivable.value", "form.decimal");
    fires(&amount(""), "receivable.value", "required");
}

#[test]
fn codes_are_those_of_the_list() {
    for (code, rule) in
        [(0, Some("enum.not_in")), (1, None), (7, None), (8, Some("enum.defined_only"))]
    {
        let found = of_step(|step| step.status = code);
        rule.map_or_else(|| silent(&found), |rule| fires(&found, "status", rule));
    }
    fires(&of_step(|step| step.status = -1), "status", "enum.defined_only");
    let found = of_step(|step| step.status = 8);
    assert_eq!(found[0].zh, "“环节状态”的代码 8 不在代码表中");
    assert_eq!(of_step(|step| step.status = 0)[0].zh, "“环节状态”未填写");
    silent(&of_case(|case| case.applicant.get_or_insert_default().paper_type = 0));
}

#[test]
fn lists_have_least_and_most_items() {
    fires(&of_item(|item| item.legal_basis.clear()), "legal_basis", "repeated.min_items");
    let basis = |times| vec![item().legal_basis[0].clone(); times];
    silent(&of_item(|item| item.legal_basis = basis(64)));
    let many = of_item(|item| item.legal_basis = basis(65));
    fires(&many, "legal_basis", "repeated.max_items");
    assert_eq!(many[0].zh, "“行使依据”最多 64 项，实为 65 项");
}

#[test]
fn items_are_judged_one_by_one_with_their_position() {
    let found = of_item(|item| item.publication_forms = vec![1, 0, 9]);
    let brief: Vec<_> = found.iter().map(|one| (one.field.as_str(), one.rule)).collect();
    let expected =
        [("publication_forms[1]", "enum.not_in"), ("publication_forms[2]", "enum.defined_only")];
    assert_eq!(brief, expected);
    let mut basis = vec![item().legal_basis[0].clone(); 3];
    basis[2].title = "法".repeat(201);
    let found = of_item(|item| item.legal_basis = basis);
    fires(&found, "legal_basis[2].title", "string.max_len");
    assert_eq!(found[0].zh, "“行使依据”第 3 项的“依据名称”最多 200 个字，实为 201 个");
    assert!(found[0].en.starts_with("“title of the act” in item 3 of “legal basis” may have"));
}

#[test]
fn lists_of_numbers_may_be_packed_or_not() {
    let mut body = item().encode_to_vec();
    body.extend([0x30, 0x03, 0x32, 0x02, 0x09, 0x04]);
    let expected = [("publication_forms[3]".to_owned(), "enum.defined_only")];
    assert_eq!(brief("catalogue.power_item", &body), expected);
}

#[test]
fn the_last_of_several_values_binds() {
    let mut body = step().encode_to_vec();
    body.extend([0x40, 0x09]);
    assert_eq!(brief("case.step", &body), [("status".to_owned(), "enum.defined_only")]);
    body.extend([0x40, 0x02]);
    assert_eq!(brief("case.step", &body), []);
    body.extend([0x22, 0x00]);
    assert_eq!(brief("case.step", &body), [("tache_name".to_owned(), "string.min_len")]);
}

#[test]
fn a_single_message_stands_once() {
    let mut body = step().encode_to_vec();
    body.extend([0x4a, 0x04, 0x08, 0x02, 0x10, 0x02]);
    assert_eq!(brief("case.step", &body), [("promise".to_owned(), "repeated")]);
}

#[test]
fn unknown_fields_are_passed_over() {
    let mut body = step().encode_to_vec();
    body.extend([0xfa, 0x07, 0x03, b'n', b'e', b'w', 0xf0, 0x07, 0x01]);
    assert_eq!(brief("case.step", &body), []);
}

#[test]
fn malformed_bytes_leave_one_violation_with_its_place() {
    let mut body = vec![0x40, 0x09];
    body.extend([0x0a, 0x7f]);
    let found = found("case.step", &body).into_vec();
    fires(&found, "", "wire");
    assert_eq!(found[0].zh, "正文不是有效的 protobuf：第 3 字节处长度超出末尾");
    assert_eq!(brief("case.step", b"\x10"), [(String::new(), "wire")]);
    assert_eq!(brief("case.step", &[0x0a, 0x01, 0xff]), [(String::new(), "wire")]);
    assert_eq!(brief("case.step", &[0x08, 0x01]), [(String::new(), "wire")], "another wire type");
}

#[test]
fn an_empty_body_breaks_what_must_be_there() {
    let rules = brief("case.case", &[]);
    assert!(rules.contains(&("applicant".to_owned(), "required")));
    assert!(rules.contains(&("title".to_owned(), "string.min_len")));
}

#[test]
fn violations_are_bounded_and_can_be_used_again() {
    let mut item = item();
    item.publication_forms = vec![99; 40];
    let mut violations = Violations::new();
    let check = dataset("catalogue.power_item").expect("a dataset").check;
    check(&item.encode_to_vec(), &mut violations);
    assert_eq!(violations.len(), Violations::LIMIT);
    assert!(violations.left_off());
    violations.clear();
    assert!(violations.is_empty() && !violations.left_off());
    check(&[0xff], &mut violations);
    check(&[0xff], &mut violations);
    assert_eq!(violations.len(), 2, "what an earlier body left stays");
}
