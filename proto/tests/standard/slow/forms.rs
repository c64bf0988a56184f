//! The second opinion on forms, from the words of the standards and without their shortcuts.

/// Id of the rule of a form.
pub(crate) fn rule(form: i32) -> &'static str {
    match form {
        1 => "form.credit_code",
        2 => "form.organisation_code",
        3 => "form.citizen_number",
        4 => "form.registration_number",
        5 => "form.date",
        6 => "form.decimal",
        other => panic!("a form numbered {other}"),
    }
}

/// Whether a text has the form of that number.
pub(crate) fn has(form: i32, text: &str) -> bool {
    let letters: Vec<char> = text.chars().collect();
    match form {
        1 => credit(&letters),
        2 => organisation(&letters),
        3 => citizen(&letters),
        4 => registration(&letters),
        5 => date(text),
        6 => decimal(text),
        other => panic!("a form numbered {other}"),
    }
}

fn values(letters: &[char], alphabet: &str) -> Option<Vec<usize>> {
    letters.iter().map(|letter| alphabet.chars().position(|one| one == *letter)).collect()
}

/// Tries every check character, where the other opinion computes one.
fn credit(letters: &[char]) -> bool {
    let alphabet = "0123456789ABCDEFGHJKLMNPQRTUWXY";
    let Some(values) = values(letters, alphabet).filter(|values| values.len() == 18) else {
        return false;
    };
    let mut weight = 1;
    let mut sum = 0;
    for value in &values[..17] {
        sum += value * weight;
        weight = weight * 3 % 31;
    }
    let check = (0..31).find(|check| (sum + check) % 31 == 0);
    check == Some(values[17]) && organisation(&letters[8..17])
}

fn organisation(letters: &[char]) -> bool {
    let alphabet = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";
    let Some(values) = values(letters, alphabet).filter(|values| values.len() == 9) else {
        return false;
    };
    let sum: usize = values[..8].iter().zip([3, 7, 9, 10, 5, 8, 4, 2]).map(|(a, b)| a * b).sum();
    // X counts ten; the check makes the whole divisible by eleven.
    let check = (0..=10).find(|check| (sum + check).is_multiple_of(11));
    let check = check.and_then(|check| "0123456789X".chars().nth(check));
    check == Some(letters[8])
}

/// ISO 7064 as a recursion: double, add the next digit; the whole leaves 1.
fn citizen(letters: &[char]) -> bool {
    let text: String = letters.iter().collect();
    match letters.len() {
        15 => {
            let day = format!(
                "19{}-{}-{}",
                part(letters, 6, 8),
                part(letters, 8, 10),
                part(letters, 10, 12)
            );
            letters.iter().all(char::is_ascii_digit) && day_exists(&day)
        }
        18 => {
            let Some(values) = values(letters, "0123456789X") else { return false };
            if values[..17].contains(&10) {
                return false;
            }
            let sum = values.iter().fold(0, |sum, value| (sum * 2 + value) % 11);
            let year = &text[6..10];
            let day = format!("{year}-{}-{}", part(letters, 10, 12), part(letters, 12, 14));
            sum == 1 && ("1800"..="2100").contains(&year) && day_exists(&day)
        }
        _ => false,
    }
}

fn part(letters: &[char], from: usize, to: usize) -> String {
    letters[from..to].iter().collect()
}

fn registration(letters: &[char]) -> bool {
    let Some(values) = values(letters, "0123456789").filter(|values| values.len() == 15) else {
        return false;
    };
    let mut held = 10;
    for value in &values[..14] {
        held = match (held + value) % 10 {
            0 => 10,
            sum => sum,
        };
        held = held * 2 % 11;
    }
    (held + values[14]) % 10 == 1
}

fn date(text: &str) -> bool {
    text.is_ascii()
        && text.len() == 10
        && ("1900"..="2100").contains(&&text[..4])
        && day_exists(text)
}

/// Walks through the year.
fn day_exists(text: &str) -> bool {
    let year: u32 = match text[..4].parse() {
        Ok(year) => year,
        Err(_) => return false,
    };
    let leap = (year.is_multiple_of(4) && !year.is_multiple_of(100)) || year.is_multiple_of(400);
    let february = if leap { 29 } else { 28 };
    let months = [31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let mut days = (1..=12).zip(months).flat_map(|(month, days)| {
        (1..=days).map(move |day| format!("{year:04}-{month:02}-{day:02}"))
    });
    days.any(|day| day == text)
}

fn decimal(text: &str) -> bool {
    let mut parts = text.split('.');
    let whole = parts.next().unwrap_or_default();
    let broken = parts.next();
    let digits = |text: &str| text.chars().all(|c| c.is_ascii_digit());
    let plain = whole == "0" || !whole.starts_with('0');
    parts.next().is_none()
        && digits(whole)
        && (1..=14).contains(&whole.len())
        && plain
        && broken.is_none_or(|broken| digits(broken) && (1..=6).contains(&broken.len()))
}
