//! What the generator refuses, and how it says so. It works on a small standard of its own, kept in memory.

#[path = "../../build/generator.rs"]
mod refusing;

use std::path::Path;

use protox::file::{
    ChainFileResolver, File, FileResolver, GoogleFileResolver, IncludeFileResolver,
};

const HEAD: &str = r#"
    syntax = "proto3";
    package sample.v1;
    import "buf/validate/validate.proto";
    import "sanheyi/options/v1/options.proto";
"#;

const DATASET: &str = r#"
    option (sanheyi.options.v1.dataset) = {
      name: "sample.note" title_zh: "便条" title_en: "note" lane: LANE_NORMAL source: "none"
    };
"#;

const TITLES: &str = r#"
    (sanheyi.options.v1.field) = {
      title_zh: "文字" title_en: "text" sensitivity: SENSITIVITY_PUBLIC code_list: "sample/1"
    }
"#;

struct Memory(String);

impl FileResolver for Memory {
    fn open_file(&self, name: &str) -> Result<File, protox::Error> {
        match name {
            "sample.proto" => File::from_source(name, &self.0),
            _ => Err(protox::Error::file_not_found(name)),
        }
    }
}

fn generate(source: String) -> Result<String, String> {
    let mut files = ChainFileResolver::new();
    files.add(Memory(source));
    files.add(IncludeFileResolver::new(Path::new(env!("CARGO_MANIFEST_DIR")).to_owned()));
    files.add(GoogleFileResolver::new());
    let mut compiler = protox::Compiler::with_file_resolver(files);
    compiler.include_imports(true);
    compiler.open_file("sample.proto").map_err(|why| format!("protobuf: {why}"))?;
    refusing::generate(&compiler.descriptor_pool(), "sample.v1").map_err(|why| why.to_string())
}

/// A dataset with one field of that declaration and those rules.
fn with_field(declaration: &str, rules: &str) -> Result<String, String> {
    let comma = if rules.is_empty() { "" } else { "," };
    generate(format!(
        "{HEAD} message Note {{ {DATASET} {declaration} = 1 [{rules}{comma}{TITLES}]; }}"
    ))
}

fn refuses(result: Result<String, String>, parts: &[&str]) {
    let why = result.expect_err("it should be refused");
    for part in parts {
        assert!(why.contains(part), "{part:?} is not in {why:?}");
    }
}

#[test]
fn the_small_standard_itself_is_taken() {
    let text = with_field("string text", "(buf.validate.field).string.max_len = 3");
    assert!(text.expect("it is in order").contains("longer(value, 3)"));
    with_field("string text", "").expect("rules are not compulsory");
}

#[test]
fn unknown_rules_are_named_with_file_message_and_field() {
    let place = "sample.proto: sample.v1.Note.text: ";
    // Field 14.12 of the rules is `string.email`, which our copy of the language does not declare.
    let rule = "(buf.validate.field).string.email = true";
    refuses(with_field("string text", rule), &["email"]);
    let bytes = [0xc2, 0x48, 0x04, 0x72, 0x02, 0x60, 0x01];
    let pool = foreign(&bytes);
    let why = refusing::generate(&pool, "sample.v1").expect_err("an unknown rule").to_string();
    assert_eq!(why, format!("{place}rule `string.#12` is not known to the generator"));
    let pool = foreign(&[0xc2, 0x48, 0x04, 0xba, 0x01, 0x01, 0x00]);
    let why = refusing::generate(&pool, "sample.v1").expect_err("an unknown rule").to_string();
    assert_eq!(why, format!("{place}rule `#23` is not known to the generator"));
}

/// The small standard with more bytes in the options of its field, as a foreign compiler with a full copy of the
/// rule language would write them.
fn foreign(more: &[u8]) -> prost_reflect::DescriptorPool {
    use prost_reflect::prost::Message;
    let mut files = ChainFileResolver::new();
    files.add(Memory(format!("{HEAD} message Note {{ {DATASET} string text = 1 [{TITLES}]; }}")));
    files.add(IncludeFileResolver::new(Path::new(env!("CARGO_MANIFEST_DIR")).to_owned()));
    files.add(GoogleFileResolver::new());
    let mut compiler = protox::Compiler::with_file_resolver(files);
    compiler.include_imports(true);
    compiler.open_file("sample.proto").expect("in order");
    let mut pool = prost_reflect::DescriptorPool::new();
    for file in compiler.descriptor_pool().files() {
        let mut bytes = file.encode_to_vec();
        if file.name() == "sample.proto" {
            bytes = grown(&bytes, &[4, 2, 8], more);
        }
        pool.decode_file_descriptor_proto(&bytes[..]).expect("a file");
    }
    return pool;

    /// Appends to the message that lies at a path of fields, and mends the lengths on the way.
    fn grown(bytes: &[u8], path: &[u32], more: &[u8]) -> Vec<u8> {
        use prost_reflect::prost::encoding::{decode_key, decode_varint, encode_varint};
        let Some((field, path)) = path.split_first() else { return [bytes, more].concat() };
        let (mut rest, mut out) = (bytes, Vec::new());
        while !rest.is_empty() {
            let before = rest;
            let (number, wire_type) = decode_key(&mut rest).expect("a key");
            let key = &before[..before.len() - rest.len()];
            if number == *field {
                let length = usize::try_from(decode_varint(&mut rest).expect("a length"));
                let (inner, after) = rest.split_at(length.expect("short"));
                let inner = grown(inner, path, more);
                out.extend(key);
                encode_varint(inner.len() as u64, &mut out);
                out.extend(inner);
                rest = after;
            } else {
                prost_reflect::prost::encoding::skip_field(
                    wire_type,
                    number,
                    &mut rest,
                    prost_reflect::prost::encoding::DecodeContext::default(),
                )
                .expect("a field");
                out.extend(&before[..before.len() - rest.len()]);
            }
        }
        out
    }
}

#[test]
fn rules_fit_the_type_of_their_field() {
    let long = "(buf.validate.field).string.max_len = 3";
    refuses(with_field("uint32 text", long), &["sample.v1.Note.text", "`string`", "uint32"]);
    refuses(with_field("repeated string text", long), &["`string` does not fit a list"]);
    let many = "(buf.validate.field).repeated.max_items = 3";
    refuses(with_field("string text", many), &["`repeated.max_items`"]);
}

#[test]
fn bounds_leave_something() {
    let rules = "(buf.validate.field).string.min_len = 4, (buf.validate.field).string.max_len = 3";
    refuses(with_field("string text", rules), &["string.min_len", "4 is more than"]);
    let rules = "(buf.validate.field).uint32.gt = 4, (buf.validate.field).uint32.lt = 5";
    refuses(with_field("uint32 text", rules), &["uint32.gt_lt", "leaves no number"]);
    let rules = "(buf.validate.field).required = true, \
                 (buf.validate.field).ignore = IGNORE_IF_ZERO_VALUE";
    refuses(with_field("string text", rules), &["`ignore` contradicts `required`"]);
}

#[test]
fn types_and_shapes_that_nobody_walks_are_refused() {
    refuses(with_field("double text", ""), &["sample.v1.Note.text", "type double"]);
    refuses(with_field("map<string, string> text", ""), &["oneof and map"]);
    refuses(with_field("Note text", ""), &["sample.v1.Note", "it holds itself"]);
    let choice =
        format!("{HEAD} message Note {{ {DATASET} oneof a {{ bool b = 1 [{TITLES}]; }} }}");
    refuses(generate(choice), &["sample.v1.Note.b", "oneof and map"]);
}

#[test]
fn titles_sensitivity_and_code_lists_are_compulsory() {
    let field = |options: &str| {
        generate(format!("{HEAD} message Note {{ {DATASET} string text = 1 {options}; }}"))
    };
    refuses(
        field(""),
        &["sample.proto: sample.v1.Note.text", "(sanheyi.options.v1.field).title_zh"],
    );
    let some = r#"[(sanheyi.options.v1.field) = {title_zh: "文字"}]"#;
    refuses(field(some), &["sample.v1.Note.text", "title_en is missing"]);
    let some = r#"[(sanheyi.options.v1.field) = {title_zh: "文字" title_en: "text"}]"#;
    refuses(field(some), &["sample.v1.Note.text", "sensitivity is missing"]);
    let code = r#"enum Mark { MARK_UNSPECIFIED = 0; MARK_A = 1; } message Note {"#;
    let coded = format!("{HEAD} {code} {DATASET} Mark mark = 1 [{TITLES}]; }}");
    refuses(generate(coded), &["sample.v1.MARK_A", "(sanheyi.options.v1.value).title_zh"]);
    let coded = format!("{HEAD} {code} {DATASET} Mark mark = 1 [{TITLES}]; }}")
        .replace("code_list: \"sample/1\"", "");
    refuses(generate(coded), &["sample.v1.Note.mark", "code_list is missing"]);
}

#[test]
fn datasets_are_whole_and_every_message_belongs_to_one() {
    let dataset = |text: &str, by: &str| {
        let options = DATASET.replace(text, by);
        generate(format!("{HEAD} message Note {{ {options} string text = 1 [{TITLES}]; }}"))
    };
    refuses(dataset("lane: LANE_NORMAL", ""), &["sample.v1.Note", "lane is missing"]);
    refuses(dataset("source: \"none\"", ""), &["sample.v1.Note", "source is missing"]);
    refuses(dataset("sample.note", "Note"), &["dataset name Note is not like case.step"]);
    let orphan = format!("{HEAD} message Note {{ string text = 1 [{TITLES}]; }}");
    refuses(generate(orphan), &["sample.v1.Note", "belongs to no dataset"]);
    let twins = format!(
        "{HEAD} message Note {{ {DATASET} string a = 1 [{TITLES}]; }} \
         message Other {{ {DATASET} string a = 1 [{TITLES}]; }}"
    );
    refuses(generate(twins), &["sample.note is also sample.v1.Note"]);
}

#[test]
fn patterns_are_a_small_language() {
    let pattern = |pattern: &str, example: &str| {
        let pattern = pattern.replace('\\', "\\\\");
        let rules = format!(
            "(buf.validate.field).string.pattern = \"{pattern}\", \
             (buf.validate.field).string.example = \"{example}\""
        );
        with_field("string text", &rules)
    };
    for (known, example) in [
        (r"^$", " "),
        (r"^[A-Z0-9]{2,}-?\d+$", "A1-0"),
        (r"^苏\.[A-]{1,3}号$", "苏.A-号"),
        (r"^[\d\]\-]*$", "4]-"),
        (r"^a{0}b*c$", "bbc"),
    ] {
        let result = pattern(known, example);
        if known == "^$" {
            refuses(result, &["it does not match the pattern"]);
        } else {
            result.expect(known);
        }
    }
    for (unknown, why) in [
        ("abc", "it must begin with ^"),
        ("^abc", "end with $"),
        (r"^abc\$", "end with $"),
        ("^(ab)$", "the construct `(`"),
        ("^a|b$", "the construct `|`"),
        ("^.$", "the construct `.`"),
        (r"^\w$", r"the construct `\w`"),
        ("^[^a]$", "the construct `[^`"),
        ("^[字]$", "within a class"),
        ("^字+$", "only ASCII"),
        ("^[a$", "without its ]"),
        ("^[z-a]$", "backwards"),
        ("^[]$", "an empty class"),
        ("^a{2,1}$", "the repetition {2,1}"),
        ("^a{1001}$", "the repetition {1001}"),
        ("^a+?$", "the construct `?` behind a repetition"),
        ("^*$", "the construct `*`"),
        (r"^\d{1,2}\d$", "ambiguous"),
        ("^a*b?a$", "ambiguous"),
    ] {
        refuses(pattern(unknown, "x"), &["sample.v1.Note.text", "`string.pattern`", why]);
    }
    let rules = "(buf.validate.field).string.pattern = \"^a$\"";
    refuses(with_field("string text", rules), &["needs a `string.example`"]);
    refuses(pattern("^a$", "b"), &["`string.example` b", "does not match"]);
}
